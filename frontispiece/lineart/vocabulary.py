"""The words that call for a motif or a scene, and what a prompt says of each.

A word ending in * stands for all words that begin so; several words are looked for together, in that order.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Motif:
    """A thing that can be drawn, and the words and phrases of a paper that call for it."""

    phrase: str
    keywords: frozenset[str]


@dataclass(frozen=True, slots=True)
class Scene:
    """A place for motifs. The sentences promise what the painter draws, and nothing else.

    `sentence` has a place for {hero}, `company` for {first} and {second}; `spot` is the object with the label;
    `keywords` are words of a paper, or of a foreign prompt, that call for the scene.
    """

    sentence: str
    company: str
    spot: str
    keywords: frozenset[str]


def _words(text: str) -> frozenset[str]:
    return frozenset(word.strip() for word in text.split(","))


def _motif(phrase: str, keywords: str) -> Motif:
    return Motif(phrase, _words(keywords))


def _scene(sentence: str, company: str, spot: str, keywords: str) -> Scene:
    return Scene(sentence, company, spot, _words(keywords))


MOTIFS: Final = {
    "network": _motif(
        "a constellation of ink spheres tied together by taut threads",
        "network, graph, node, gnn, neural, connect*, social, edge, message, attention, attention mechanism, "
        "routing, neural field, graph neural, social network, small world, percolation, community detection, "
        "internet, layer, social relation, pointer network, perceptron, deep network, mlp",
    ),
    "tree": _motif(
        "a bare tree whose branches end in small globes",
        "tree, branch*, hierarch*, forest, tree search, tree of thoughts, decision tree, random forest, plan, "
        "planning, root, pars*, phylogen*, taxonom*, lineage, recursive, search, syntax*, divide and conquer, "
        "ontology",
    ),
    "books": _motif(
        "a leaning pile of old books",
        "language, text, book, library, llm, document, corpus, reading, knowledge, literature, survey, retrieval, "
        "rag, retrieval augmented, retrieval augmentation, wikipedia, language model, large language, open source, "
        "encyclopedia, textbook, citation, scientific, history, review, bibliograph*, reading comprehension",
    ),
    "letters": _motif(
        "a swarm of loose letters",
        "token*, word, letter, vocabulary, translation, machine translation, spelling, character, ner, named entity, "
        "alphabet, text to image, multi token, next token, byte, bpe, typograph*, font, ocr, entity, logits, top n, "
        "embedding, symbol*, back translation, text",
    ),
    "eye": _motif(
        "an enormous unblinking eye",
        "vision, visual, eye, perception, see, seeing, saliency, gaze, recognition, multimodal, segment*, tracking, "
        "object detection, eye movement, vision language, optical flow, look, watch, face, attention map, pixel, "
        "vqa, segment anything, refer*, visual question, image",
    ),
    "clock": _motif(
        "a round clock that shows its own hour",
        "time, temporal, clock, latency, real time, fast, faster, speed, efficient, forecast*, schedul*, accelerat*, "
        "throughput, speculative, speculative decoding, time series, delay, temporal reasoning, deadline, quick, "
        "synchron*, era, anytime",
    ),
    "maze": _motif(
        "a circular maze with a bright seed at its heart",
        "maze, labyrinth, exploration, explore, policy, problem, web, reinforcement, reinforcement learning, search "
        "space, pathfinding, web agent, heuristic, combinatorial, np hard, prior data, skill, q learning, "
        "complexity, curiosity, problem solving",
    ),
    "gears": _motif(
        "a train of three gears that turns without an engine",
        "gear, machine, optimiz*, pipeline, compiler, engineering, automat*, tool, framework, software, code, code "
        "generation, program*, workflow, mechanism, toolkit, debug*, api, devops, function calling, mechaniz*, "
        "instruction, codebase, library learning, automl, self refine, tool use, machinery, kaggle, swe",
    ),
    "key": _motif(
        "a key that fits no door",
        "key, cryptograph*, encrypt*, access, unlock*, secret, authenticat*, kv, stealing, steal, password, kv "
        "cache, key value, key distribution, cipher, extraction attack, intent, decod*, passkey, backdoor",
    ),
    "lock": _motif(
        "a padlock with a dark keyhole",
        "lock, privacy, private, secur*, federated, privacy safe, differential privacy, unlearning, protect*, leak*, "
        "confidential*, copyright, watermark*, membership inference, memorization, forget*, personal data",
    ),
    "fish": _motif(
        "a fish that swims through the air",
        "fish*, sea, marine, swarm, school, plankton, coral, aquatic, fisher*, underwater, salmon, ecolog*, "
        "artificial life, ocean, river, lake, water, anglers, collective motion",
    ),
    "crane": _motif(
        "a folded paper crane",
        "bird, paper, creativ*, flight, drone, aerial, uav, fold*, origami, migration, flying, wing, aircraft, "
        "generative, aviation, artistic, art, design, compositional, image generation, generation",
    ),
    "cage": _motif(
        "a birdcage with a paper crane waiting inside",
        "cage, constrain*, bound, bounds, regulariz*, limit, limits, confinement, trap, trapped, guardrail, "
        "boundary, guard, restrict*, sandbox, containment, structured generation, ion trap, red teaming, jailbreak*",
    ),
    "hourglass": _motif(
        "an hourglass with coloured sand",
        "hourglass, memory, sand, age, aging, horizon, decay, wait, long context, long term, cache, recurrent, long "
        "range, lstm, granular, lifespan, lengthen, long, context length, context window, continual, lifelong, "
        "lifetime, unlimited, infinite context, half life, duration",
    ),
    "cubes": _motif(
        "a staircase of impossible cubes",
        "cube, block, tensor, matrix, low rank, lora, quantiz*, discrete, modular*, 3d, transformer, reconstruction, "
        "voxel, 3d scene, moe, dataset, parameter efficient, data, decomposition, array, stack, state of the art, "
        "layers, bit, ternary, adapter, finite element, mesh",
    ),
    "crystal": _motif(
        "a many-faced crystal",
        "crystal*, geometr*, manifold, symmetr*, equivarian*, algebra*, polytope, material, lattice, theorem, "
        "convex, math, mathematical, mathematics, semiconductor, ferroelectric, supersymmetr*, perovskite, solid, "
        "group, ricci, conformal, superconformal, mineral, diamond, kolmogorov, lie, curvature, homolog*",
    ),
    "planet": _motif(
        "a ringed planet small enough to hold",
        "planet*, exoplanet*, orbit*, universe, world, world model, open world, atlas, saturn, jupiter, asteroid, "
        "solar system, simulat*, moons, satellite, cosmo*, dark energy, comet",
    ),
    "molecule": _motif(
        "a honeycomb molecule",
        "molecul*, chemi*, protein, drug, compound, catal*, dft, polymer, graphene, ligand, docking, amino acid, "
        "enzyme, peptide, organic, membrane, pharmac*, nanotube, hydrogen, density functional, cryo em, bond, small "
        "molecule, ion, perovskites",
    ),
    "helix": _motif(
        "a twisting double helix",
        "dna, gene, genome, genomic, genetic, rna, cell, biolog*, cancer, helix, mutation, heredit*, crispr, "
        "evolutionary, single cell, sequencing, transcriptom*, tumor, bioinformatic*, biomedical, evolution, evo",
    ),
    "ridges": _motif(
        "a mountain range in thin stacked lines",
        "landscape, mountain, gradient, gaussian, distribution, density, diffusion, convergence, terrain, loss "
        "landscape, gradient descent, gaussian splatting, diffusion model, latent diffusion, geolog*, seism*, "
        "earthquake, spectr*, spectroscopy, elevation, peak, alpine, minima, latent, flow matching, score based, "
        "sdxl",
    ),
    "horn": _motif(
        "a gramophone horn pouring out sound",
        "speech, audio, sound, voice, music*, acoustic, horn, listen*, noise, song, hearing, speech recognition, "
        "text to speech, melody, singing, podcast, phonolog*, speaker, symphony, echo",
    ),
    "scales": _motif(
        "a tilted pair of scales",
        "scale*, balance, fairness, fair, bias*, ethic*, trade off, judge, judging, preference, reward, rlhf, "
        "ranking, dpo, law, legal, justice, reward model, preference optimization, evaluation, moral*, llm as a "
        "judge, compar*, human feedback, equilibrium, weigh*, comparison, rerank*, versus, critic, critique",
    ),
    "lens": _motif(
        "a magnifying lens with an eye inside",
        "magnify*, lens, lensing, detect*, detective, analysis, interpret*, explain*, explana*, inspect*, anomaly, "
        "zoom, attribution, extraction, interpretability, mechanistic, mechanistic interpretability, microscop*, "
        "search engine, fine grained, forensic*, diagnos*, fact check*, verif*, sparse autoencoder, microcavity, "
        "evidence, information retrieval, probing",
    ),
    "robot": _motif(
        "a mechanical head with patient round eyes",
        "robot*, embodied, humanoid, automaton, dexterous, gui, assistant, agent*, action model, generalist, legged, "
        "locomotion, android, autonomous agent, computer use, co pilot, cyborg, multi agent, action, ai, generalist "
        "agent, artificial intelligence",
    ),
    "apple": _motif(
        "a huge apple",
        "apple, recommend*, education*, teach*, teacher, student, curriculum, food, health, fruit, nutrition, "
        "school, personaliz*, user, diet, eating, tutor*, knowledge distillation, prerequisite, classroom, recipe, "
        "newton, gravity, quantum gravity, supergravity, taste, supply chain",
    ),
    "wave": _motif(
        "one great curling wave",
        "wave*, fluid, turbul*, ocean*, tsunami, frequency, fourier, wavelet, oscillat*, hydrodynam*, navier stokes, "
        "gravitational wave, tide, vortex, superfluid, convection, viscous, flow, continuous, soliton, plasma, "
        "spectral, waveform, liquid, surf, storm",
    ),
    "mirror": _motif(
        "an oval mirror that shows another sky",
        "mirror*, self, reflect*, inverse, reverse, adversarial, dual*, contrastive, imitat*, self supervised, self "
        "alignment, twin, digital twin, restor*, self play, self improve, self improving, self correct*, invers*, "
        "gan, symmetry breaking, self consistency, narciss*, identity, counterfactual, reversal, self rewarding",
    ),
    "umbrella": _motif(
        "an umbrella open under a dry sky",
        "umbrella, rain*, robust*, uncertain*, risk, shelter, insurance, shift, weather, climate, out of "
        "distribution, distribution shift, storm, precipitation, hazard, resilien*, calibration, weather forecast*",
    ),
    "bulb": _motif(
        "a shining light bulb",
        "bulb, idea, light, energy, electric*, insight, discover*, lamp, zero shot, few shot, in context, photon*, "
        "in context learning, illuminat*, prompt*, power, photovolt*, innovation, scientific discovery, hypothes*, "
        "laser, optic*, emergent, prompt engineering, emergence, few label*, inspire*",
    ),
    "moon": _motif(
        "a crescent moon",
        "moon, night, sleep*, dream*, hallucinat*, imagin*, fictitious, synthetic, shadow, lunar, factuality, "
        "fiction*, synthetic data, eclipse, dark, silent, slow, self supervised video, unlabeled, lullaby, "
        "nocturnal, myth",
    ),
    "parrot": _motif(
        "a parrot on a ring",
        "parrot, chatbot, mimic*, repeat*, gpt, chatgpt, llama, self instruct, instruction tuning, bird song, "
        "instruction following, copycat, stochastic parrot, fine tuning, alpaca, multilingual, polish, speak*, "
        "slang, dialect, linguistic*, nlp, language use, imitation, verbal, birdsong, ornitholog*, claude, complex "
        "instruction",
    ),
    "rocket": _motif(
        "a rocket on its way",
        "rocket, launch*, turbo, boost*, spacecraft, propuls*, thrust, space mission, mars, lightning, speedup, "
        "flash, high throughput, lift off, hypersonic, scaling law*, escape, rapid, supercharg*, large scale, at "
        "scale, scaling, accelerator",
    ),
    "camera": _motif(
        "an old folding camera",
        "camera, photo*, photograph*, image*, video understanding, snapshot, visual representation, imaging, "
        "picture, rgb, nerf, radiance field, image restoration, super resolution, exposure, monocular, stereo, image "
        "classification, natural video, portrait, deepfake*, event camera, screenshot, image captioning, view "
        "synthesis",
    ),
    "brain": _motif(
        "a brain in two halves",
        "brain, neuro*, cognit*, mind, thought, think*, reason*, cortex, cortical, eeg, fmri, conscious*, mental, "
        "synap*, psycholog*, theory of mind, intelligence, spiking, slow thinking, reasoning, mathematical "
        "reasoning, human like, chain of thought, alzheimer*, memory consolidation, agi, belief, hippocamp*, self "
        "lengthen",
    ),
    "bridge": _motif(
        "a stone bridge that ends in mid-air",
        "bridge, bridging, transfer, cross modal, gap, cross lingual, domain adaptation, connection, schrodinger "
        "bridge, link, translation gap, transfer learning, interface, sim to real, alignment, align*, cross domain, "
        "construct*, structural, civil, beam, pretraining, encoder decoder, interoperab*",
    ),
    "chip": _motif(
        "a microchip with many legs",
        "chip, hardware, gpu, fpga, cpu, processor, kernel, on device, asic, circuit, transistor, neuromorphic, "
        "silicon, fp8, edge device, accelerators, vlsi, memory efficient, inference engine, mobile device, "
        "semiconductors, computer, computing, quantum comput*, qubit, computation*, low precision, embedded, "
        "serving, data center, electronic*",
    ),
    "map": _motif(
        "a folded map with one marked place",
        "map, mapping, navigat*, geospatial, remote sensing, route, locali*, geograph*, slam, trajectory, satellite "
        "image*, urban, city, spatial, voyager, mobility, cartograph*, road, points of interest, guide, roadmap, "
        "tour, travel*, overview, wayfinding, voyage, gps, territory, open problems, path",
    ),
    "coins": _motif(
        "a tower of coins",
        "coin, financ*, econom*, market, price, pricing, cost, auction, bank*, stock, trading, portfolio, money, "
        "budget, crypto, bitcoin, wealth, invest*, option, tax, income, cheap*, bandit, incentive, gold, gold "
        "standard, commons, monetary, volatility, consumer, labor, game theoretic, treasure, store, agentstore, "
        "value",
    ),
    "chain": _motif(
        "a chain with one open link",
        "chain, blockchain, chain of thought, markov chain, multi hop, markov, ledger, link, linked, link "
        "prediction, consensus, dependen*, step by step, sequential, causal*, supply chain, chain of verification, "
        "cot, sequence, chain of density, chain of note, workflow chain, coupl*, multi step",
    ),
    "mask": _motif(
        "a carnival mask on a stick",
        "mask*, deepfake, persona*, role play*, anonym*, disguise, decepti*, toxic*, masked, fake, misinformation, "
        "face, spoof*, identity, impersonat*, emotion*, social simulation, masked autoregressive, theatre, facial, "
        "stereotype, manipulation of opinion, sycophan*, hidden, camouflage, lying, lie, personality, humor",
    ),
    "telescope": _motif(
        "a brass telescope",
        "telescope, astronom*, astrophys*, galax*, jwst, hubble, observation, star, stellar, redshift, supernova*, "
        "survey, sky, cosmic, cosmology, quasar, far, look ahead, spectroscopic, interferomet*, dark matter, survey "
        "of, foresight, long sighted, radio astronomy, milky way, vista, future, pulsar, observatory",
    ),
    "leaf": _motif(
        "a great veined leaf",
        "leaf, plant, plants, agricult*, crop, sustainab*, green, photosynth*, botan*, vegetation, forest "
        "monitoring, biodivers*, environment*, carbon, farm*, soil, grow*, growth, natural, nature, organic matter, "
        "seed, pest, harvest, ecosystem, species, greenhouse",
    ),
    "heart": _motif(
        "a heart crossed by its own trace",
        "heart, cardi*, electrocardio*, ecg, patient, medic*, clinic*, blood, sentiment, affect*, love, emotion, "
        "pulse, physiolog*, hospital, health record, disease, chest, x ray, surgical, surgery, healthcare, empath*, "
        "doctor, physician, electronic health, wearable, radiolog*, state of health",
    ),
    "radio": _motif(
        "a radio mast that sends out rings",
        "radio, wireless, 5g, 6g, communicat*, antenna, mimo, signal, broadcast, channel, telecom*, spectrum, radar, "
        "beamform*, massive mimo, transmi*, wifi, lidar, mobile network, bandwidth, iot, sensor, sensing, "
        "modulation, receiver, multi turn, multicast, tower",
    ),
    "dice": _motif(
        "a pair of dice",
        "dice, probab*, stochastic, random*, monte carlo, bayes*, sampl*, gambl*, chance, variance, likelihood, best "
        "of n, statistic*, martingale, mcmc, noisy, game of chance, lottery, risk neutral, speculative rejection, "
        "rejection, entropy, hamiltonian monte, hypothesis test*, inference, bootstrap, ensemble",
    ),
    "compass": _motif(
        "a compass without a north",
        "compass, direction*, guidance, guided, orientation, steer*, north, pole, goal, goals, objective, prior, "
        "angular, anisotrop*, value alignment, guideline, activation steering, self guided, generaliz*, goal "
        "directed, instructing",
    ),
    "quill": _motif(
        "a quill that writes by itself",
        "quill, writ*, handwrit*, poem, poetry, story, storytelling, narrative, essay, summariz*, author*, edit*, "
        "text generation, long text, annotation, grammar, generate long, caption*, rewrit*, creative writing, novel "
        "writing, novelist, pen, scribe, draft, report generation, notes, calligraph*",
    ),
    "magnet": _motif(
        "a horseshoe magnet",
        "magnet*, ferromagnet*, spin, spintronic*, superconduct*, mri, attract*, ising, antiferromagnet*, magnon, "
        "dipole, hall effect, polariz*, skyrmion, topological insulator, attractor, force field, electromagnet*, "
        "compass needle, repuls*, magnetic resonance, magnetism, condensed matter, kondo",
    ),
    "butterfly": _motif(
        "a butterfly with eyes on its wings",
        "butterfly, chaos, chaotic, insect, metamorph*, lorenz, pollinat*, caterpillar, transform*, mutation, "
        "evolving, chrysalis, adaptation, diversity, entomolog*, strange attractor, bifurcation, fragile, moth, few "
        "shot classification, variation, unsupervised, self evolv*, nonlinear dynamics",
    ),
    "snake": _motif(
        "a snake wound around a staff",
        "mamba, python, snake, serpent, state space model, selective state, state space, ssm, rnn, venom, samba, "
        "sambamixer, linear attention, ouroboros, recursion, slither*, viper, cobra, hyena, rwkv, jamba",
    ),
    "reel": _motif(
        "a reel of film",
        "video, film, movie, frame, cinema*, video generation, animat*, clip, footage, long video, text to video, "
        "motion, action recognition, stream*, tracking for any video, video diffusion, video representation*, "
        "youtube, rendering",
    ),
    "cradle": _motif(
        "a row of swinging steel balls",
        "dynamics, physics, collision, momentum, mechanic*, dynamical, pendulum, newton*, hamiltonian, billiard, "
        "neural dynamics, many body, kinetic, impact, rigid body, causality, elastic*, conservation, classical "
        "mechanics, law of motion, control theory, optimal control, mean field, feedback, perpetual, iterat*",
    ),
    "knot": _motif(
        "a rope knotted to itself",
        "knot*, topolog*, entangle*, braid, string theory, string, loop, tangle, invariant, khovanov, homotopy, "
        "rope, quantum entanglement, three manifold, supergravity, superstring, d brane, ads cft, gauge, holograph*, "
        "twist*, surgery on three, weave, weav*, quantum information, untangle",
    ),
    "shield": _motif(
        "a shield full of arrows",
        "shield, attack*, defen*, safety, safe, safeguard, threat, malware, intrusion, adversarial attack, "
        "jailbreak, vulnerab*, security, injection, poison*, prompt injection, harm*, misuse, red team, guard, "
        "firewall, war, weapon, military, misalignment, trustworth*, robust alignment",
    ),
    "flask": _motif(
        "a flask in which something rises",
        "flask, experiment*, laboratory, lab, reaction, synthesis, alchem*, brew, distill*, mixture, chemist, "
        "solvent, reagent, liquid phase, mixing, dilut*, diluted, recipe, condensation, autolab, merg*, model "
        "merging, test tube, blend, fusion, ablation, solution, mixer, data mixture, curat*",
    ),
    "atom": _motif(
        "an atom with its electrons",
        "atom*, nuclear, particle, electron, boson, quark, meson, collider, hadron, lhc, lhcb, higgs, neutrino, "
        "muon, lepton, branching fraction, quantum, quantum mechanics, proton, fermion, standard model, quantum "
        "field, isotope, ionization, bose einstein, einstein, quantum chromodynamics, radioactiv*, reactor, fission",
    ),
    "blackhole": _motif(
        "a black hole in its ring of light",
        "black hole, binary black, event horizon, singularity, accretion, hawking, wormhole, collapse, model "
        "collapse, void, schwarzschild, kerr, gravitational, spacetime, relativity, dark matter, attention sink, "
        "sink, infinite, infinity",
    ),
    "car": _motif(
        "a motor car of the first years",
        "car, vehicle*, driv*, autonomous driving, self driving, traffic, highway, transport*, automobile, "
        "automotive, pedestrian, lane, freight, electric vehicle, taxi, accident, ride, road network, end to end "
        "driving, formula",
    ),
    "puzzle": _motif(
        "four pieces of a puzzle that nearly fit",
        "puzzle, missing, completion, composition*, inpaint*, assembl*, matrix completion, jigsaw, piece, merge, "
        "crossword, riddle, arc agi, imputation, alignment problem, decompos*, multi label, multi class, "
        "reconstruct, recover*, unpacking, sudoku, fill in, mosaic, partition, fragment, sparse recovery, combining, "
        "skill mix",
    ),
    "target": _motif(
        "a target with an arrow in its middle",
        "target*, aim, accuracy, precise, precision, arrow, hit, classification, metric, bullseye, point, scoring, "
        "object*, reward hacking, correct*, archery, policy optimization, preference alignment, error, direct, "
        "exact, dpo, classifier, ground truth, hard negative, reliab*, improve*",
    ),
    "virus": _motif(
        "a virus like a crown of nails",
        "virus, viral, epidem*, pandemic, covid, infect*, vaccin*, sars, pathogen, contagi*, disease spread, "
        "bacteri*, microb*, immun*, antibod*, spread, outbreak, antibiotic, worm, quarantine",
    ),
    "globe": _motif(
        "a globe on its stand",
        "globe, global, earth, cross cultural, cultur*, country, countries, international, open web, worldwide, "
        "nation*, hemisphere, languages, multilingual, low resource, civilization, geo*, internet scale, world wide, "
        "geophys*, population, society, societ*, common crawl, web scale, translation, glob*",
    ),
    "bubbles": _motif(
        "two speech bubbles that answer each other",
        "dialog*, conversation*, chat*, multi turn, debate, negotiat*, question answering, discussion, talk, ask, "
        "question, interview, argument*, conversational, answer*, feedback, persua*, gossip, discourse, twitter, "
        "reddit, social media, opinion, crowd, user prompt, ask me, multi party, comment, conversational search",
    ),
    "funnel": _motif(
        "a funnel that lets one drop through",
        "funnel, filter*, compress*, distillation, curation, select*, dataset curation, bottleneck, prun*, "
        "dimension* reduction, summarization, drop, dropout, sieve, condense, data selection, dedup*, clean*, "
        "shrink*, pool*, encod*, autoencoder, small language, subset, preprocess*, compact, gist, lossless, tiny, "
        "refin*",
    ),
    "flame": _motif(
        "a candle flame",
        "flame, fire, candle, combust*, heat, thermal, temperature, wildfire, burn*, hot, ignition, thermodynamic*, "
        "torch, radiation, warm*, fever, explosion, cool*, smoke, pytorch, annealing, wildfires, phoenix, fuel",
    ),
    "sun": _motif(
        "a sun with a face",
        "sun, solar, sunlight, star forming, stars, corona, daylight, photovoltaic*, dwarf, supernovae, summer, day, "
        "dawn, morning, flare, brilliant, brightness, neutron star, white dwarf, star formation, stellar evolution, "
        "luminos*, heliophysic*, ray, shine",
    ),
    "trophy": _motif(
        "a silver cup",
        "trophy, competition*, benchmark*, leaderboard, challenge, arena, olympi*, contest, winner, champion, win, "
        "tournament, prize, elo, medal, exam, expert level, surpass*, test suite, gold medal, imo, benchmarking, "
        "superhuman, kaggle competition, grandmaster",
    ),
    "battery": _motif(
        "a battery with a long wire",
        "battery, batteries, li ion, lithium, electrolyte, energy storage, charg*, voltage, electricity, power grid, "
        "cathode, anode, grid, discharge, low power, power consumption, electrochem*, capacitor, energy efficien*, "
        "smart grid",
    ),
}

SCENES: Final = {
    "bust": _scene(
        "From the opened skull of a calm marble bust rises {hero}.",
        "{first} and {second} float beside it.",
        "the plaque of the plinth",
        "head, skull, bust, biomedical, protein, drug, cancer, clinical, medicine, gene, brain, mind, thinker, "
        "philosopher, statue, reason*, cognit*, neuro*, thought, think*, theory, psycholog*, memory, mental, "
        "intelligence, understanding, sculpture, medical, health, patient",
    ),
    "jar": _scene(
        "A glass bell on a small round table shelters {hero}.",
        "{first} and {second} hang on threads from above.",
        "the plate on the wooden base",
        "jar, bell, glass, terrarium, bottle, specimen, museum, biomedical, protein, molecul*, chemi*, cell, gene, "
        "genom*, drug, species, clinical, cancer, material, virus, crystal*, experiment*, laboratory, vacuum, "
        "condensate, plant, medical, electrocardiographic, chest, dna, membrane, medicine, healthcare, biology, "
        "patient",
    ),
    "balloon": _scene(
        "An eye as large as an airship floats over a quiet sea, and in its pupil sits {hero}.",
        "{first} and {second} hang on threads below.",
        "the sign that hangs from its ropes",
        "balloon, airship, sky, aloft, vision, visual, eye, perception, image, video, camera, telescope, "
        "observation, astronom*, galax*, segment*, remote sensing, tracking, aerial, satellite, exoplanet, photon*, "
        "optic*, gaze",
    ),
    "door": _scene(
        "A door stands alone in a desert and opens on a starry night, where {hero} waits before a full moon.",
        "{first} and {second} float on either side.",
        "the board above the lintel",
        "door, doorway, gate, threshold, portal, window, secur*, privacy, access, attack, open world, jailbreak*, "
        "unlearning, black hole, universe, dark matter, cosmo*, dream*, 3d, unknown, transition, planet, star, "
        "exploration, world model, safety, hole, future, discovery, galax*",
    ),
    "gentleman": _scene(
        "A gentleman in a bowler hat and a dark suit has, instead of a face, {hero}.",
        "{first} and {second} float at his shoulders; behind him lie a brick wall and the sea.",
        "the placard around his neck",
        "man, gentleman, bowler, suit, stranger, face, portrait, robot*, agent, persona*, user, human, identity, "
        "assistant, economic*, finance, market, social, bias, fairness, deepfake, ethic*, law, trading, "
        "personalization, job, labor",
    ),
    "walker": _scene(
        "A chest of drawers strides through the desert on thin long legs with {hero} on its back.",
        "{first} dangles from a rod at its side, {second} floats behind.",
        "its widest drawer",
        "leg, legged, elephant, stilt, drawer, walking, walk, locomotion, memory, retrieval, storage, database, "
        "cache, robot*, mobile, embodied, random walk, autonomous, transport, vehicle, store, index*, dataset, "
        "curat*, compress*, car, traffic, retrieval augmented, embedding, kv, rag, driving",
    ),
    "theatre": _scene(
        "Behind the heavy curtains of a small theatre, {hero} hangs on marionette strings.",
        "{first} and {second} dangle to its left and right, and a row of silhouettes looks on.",
        "the marquee above the stage",
        "theatre, theater, stage, curtain, puppet, marionette, audience, actor, dialog*, conversation*, role play*, "
        "movie, speech, music, story*, film, control*, simulat*, imitat*, prompt*, video generation, animation, "
        "game, demonstration, steal*, synthetic, audio, voice, song, controllable",
    ),
    "chess": _scene(
        "A chessboard floats among the clouds, and between the pawns stands {hero}.",
        "{first} and {second} drift in the sky.",
        "the front edge of the board",
        "chess, chessboard, dialog*, conversation*, debate, negotiat*, pawn, game, board, knight, strateg*, "
        "competition*, planning, adversarial, game theor*, self play, benchmark*, policy, reinforcement learning, "
        "auction, search, decision, combinatorial, puzzle, arena, player, reinforcement, matrix, mean field, "
        "sorting, minimax, preference, kaggle, reward",
    ),
    "ship": _scene(
        "A folded paper boat crosses a scalloped sea and carries {hero} on its peak.",
        "{first} and {second} float over the water.",
        "the hull of the boat",
        "boat, ship, sail*, voyage*, harbour, vessel, navigat*, exploration, transfer, transport, migration, "
        "diffusion, flow, federated, shipping, open web, web, voyager, island, distribution shift, fold*, paper, "
        "stream*, wave*, drift",
    ),
    "whale": _scene(
        "A whale swims through the sky over low hills and carries {hero} on its back.",
        "{first} and {second} trail below it on threads.",
        "the flank of the whale",
        "whale, fish, leviathan, swim*, ocean*, marine, climate, fluid, turbulen*, large scale, animal, bird, sound, "
        "foundation model, scaling, large language, ecolog*, agricult*, crop, sea, weather, hydro*, massive, at "
        "scale, audio, llama, wildlife, gravitational",
    ),
    "book": _scene(
        "An open book lies on an endless chequered floor, and {hero} grows out of its gutter.",
        "{first} and {second} float above the pages.",
        "the sign that leans on the pages",
        "book, page, pop up, language, text, reading, corpus, document, story*, translation, writ*, literature, "
        "survey, textbook, education, teach*, linguistic*, knowledge, instruction, ner, word, token*, theorem, "
        "mathematic*, summariz*, wikipedia, grammar, math, learning to read, proof, homology, algebra*",
    ),
    "tower": _scene(
        "A round tower of arches climbs out of the desert with {hero} resting on its top.",
        "{first} and {second} float at its sides.",
        "the ribbon wound around the tower",
        "tower, babel, staircase, castle, building, hierarch*, scaling, multilingual, layer*, code, program*, "
        "software, architecture, architectures, foundation, construct*, infrastructure, compiler, system, "
        "engineering, urban, city, transformer, pretraining, tokenized, hardware, fpga, wireless, radio, mimo, "
        "antenna, civilization",
    ),
    "mobile": _scene(
        "A hanging mobile balances {hero} against a few dark leaves.",
        "{first} and {second} dangle from its other arms.",
        "the plate hung under it",
        "mobile, hanging, balance, calder, thread, string, suspended, graph, network, multi agent, trade off, "
        "causal*, equilibrium, topolog*, symmetr*, coupl*, mixture of experts, ensemble, knot, supergravity, "
        "dynamical, dynamics, orbit*, gradient, latent, atom*, quantum, interaction, molecular, boson, field, "
        "collective",
    ),
    "teacup": _scene(
        "On a table in the middle of nowhere, {hero} rises out of a giant cup of tea.",
        "{first} and {second} float in the steam.",
        "the side of the cup",
        "tea, cup, teacup, coffee, bowl, kitchen, food, mix*, heat, thermal, temperature, liquid, convection, "
        "recipe, dissol*, stir, condensation, distill*, brew, self, fine tun*, in context, low rank, speculative, "
        "fast, efficient, everyday, household, chat*, superfluid, manipulation, dexterous, rotating, speed, "
        "combustion",
    ),
}
