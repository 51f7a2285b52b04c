"""How rare the words of the vocabulary are: the log of how many papers there are for one that has the word.

Counted in the titles and summaries of a thousand papers, and rounded. What is not listed was hardly ever seen.
"""

from typing import Final

RAREST: Final = 6.0

_COMMON: Final = {
    1.0: "llm",
    1.5: "language",
    2.0: "agent, agent*, benchmark*, data, generation, gpt, improve*, language model, reason*, reasoning",
    2.5: "ai, art, compar*, dataset, efficient, evaluation, fine tun*, framework, human, image, image*, "
    "instruction, knowledge, long, prompt*, retrieval, self, state of the art, system, text, token*, "
    "transform*, transformer",
    3.0: "accuracy, align*, analysis, answer*, architecture, automat*, chain, chat*, code, fine tuning, generative, "
    "inference, large language, llama, long context, math, memory, multimodal, open source, optimiz*, "
    "overview, paper, problem, question, rag, scale*, strateg*, survey, thought, time, tool, understanding, "
    "video, vision, world",
    3.5: "alignment, attention, author*, chain of thought, challenge, chatgpt, computation*, control*, correct*, "
    "cost, decod*, design, diffusion, diffusion model, discover*, document, experiment*, explore, faster, "
    "feedback, foundation, foundation model, generaliz*, in context, interaction, invest*, iterat*, key, "
    "layer, layer*, mathematic*, mechanism, mix*, network, neural, preference, program*, robust*, sampl*, "
    "scaling, search, sequence, speed, surpass*, survey of, synthetic, user, visual, writ*, zero shot",
    4.0: "3d, action, audio, autonomous, block, building, claude, code generation, compress*, context length, cot, "
    "demonstration, detect*, direction*, driv*, edit*, embedding, encod*, engineering, environment*, error, "
    "few shot, future, gpu, graph, guide, hallucinat*, in context learning, insight, instruction tuning, "
    "large scale, layers, machine, mathematical, medic*, mixture, multi agent, natural, object*, planning, "
    "point, pretraining, problem solving, question answering, refin*, reinforcement, reinforcement learning, "
    "reliab*, retrieval augmented, reward, rlhf, robot*, safety, select*, simulat*, solution, speech, stage, "
    "summariz*, synthesis, synthetic data, teach*, tree, vision language, web, weigh*",
    4.5: "access, adversarial, aim, api, architectures, assistant, attack, attack*, bias*, bit, boost*, combining, "
    "computer, constrain*, construct*, context window, continuous, controllable, conversation*, corpus, "
    "curat*, decision, dialog*, direct, discovery, discussion, distill*, distribution, dpo, explain*, "
    "exploration, factuality, fast, field, gap, generalist, geo*, goal, guided, harm*, hierarch*, idea, "
    "impact, information retrieval, inspire*, instruction following, interpret*, languages, latency, latent, "
    "look, lora, manipulation, mask*, mathematical reasoning, medical, memory efficient, metric, "
    "mixture of experts, moe, motion, multilingual, music, music*, objective, persona*, personaliz*, pipeline, "
    "plan, power, precision, prompt engineering, quantiz*, real time, refer*, reflect*, review, risk, "
    "scientific, segment*, skill, social, software, step by step, target*, taxonom*, text to image, think*, "
    "transfer, translation, tree search, turbo, value, verif*, video generation, window, word, workflow",
    5.0: "accelerat*, adaptation, affect*, annotation, ask, at scale, autoencoder, bias, biolog*, brain, budget, "
    "byte, cache, caption*, chatbot, cheap*, classification, clinic*, communicat*, completion, complexity, "
    "composition*, connect*, conversational, creativ*, decompos*, discrete, distillation, embodied, era, "
    "evidence, evolution, explana*, filter*, financ*, fine grained, flash, flow, frame, function calling, "
    "game, gan, geometr*, glob*, global, gradient, grow*, hardware, head, hidden, image generation, imitat*, "
    "imitation, intelligence, interface, jailbreak*, judge, kv, law, library, long range, mamba, masked, "
    "mathematics, merg*, mlp, monte carlo, multi step, navigat*, neuro*, next token, nlp, noisy, page, "
    "parameter efficient, path, personalization, photo*, physics, picture, policy, preference optimization, "
    "privacy, probab*, proof, protein, prun*, python, radiance field, random*, reward model, rnn, safe, "
    "scaling law*, see, self supervised, serving, small language, speak*, state space, state space model, "
    "stream*, summarization, symbol*, teacher, text generation, text to video, throughput, tool use, tracking, "
    "trajectory, world model",
    5.5: "3d scene, action model, adapter, assembl*, atom*, attention mechanism, autonomous agent, benchmarking, "
    "biology, character, chemi*, clip, collective, competition*, compositional, computing, critique, decepti*, "
    "dependen*, diversity, dream*, driving, dual*, edge, emergent, evolutionary, extraction, fairness, "
    "finance, forecast*, gaussian, gui, history, horizon, human feedback, imagin*, index*, interpretability, "
    "key value, kv cache, latent diffusion, leaderboard, likelihood, limit, limits, llm as a judge, long text, "
    "long video, loop, low rank, map, medicine, memorization, mimic*, mirror*, modular*, molecul*, molecular, "
    "multi turn, node, noise, perception, precise, prior, ranking, reading, recipe, reconstruction, recover*, "
    "recurrent, red teaming, repeat*, retrieval augmentation, reverse, safeguard, school, seed, "
    "segment anything, self consistency, self improving, self play, signal, sound, spatial, speculative, "
    "speedup, ssm, steer*, store, story*, structural, subset, temporal, theorem, theory, time series, toxic*, "
    "trade off, trustworth*, uncertain*, unlabeled, unlock*, variation, web agent",
}
_RARITIES: Final = {word: rarity for rarity, words in _COMMON.items() for word in words.split(", ")}


def rarity(word: str) -> float:
    """From 1 for a word that every third paper has to `RAREST`; phrases are looked up whole."""
    return _RARITIES.get(word, RAREST)
