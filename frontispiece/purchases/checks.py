"""The check of a painting's label as the journal and the budget know it."""

from collections.abc import Sequence

from frontispiece.checkers import label
from frontispiece.checkers.interface import Checker, Reading
from frontispiece.concurrency import Lane, end_if_cancelled
from frontispiece.errors import BadInput
from frontispiece.models import Check, Painting, Paper, Prompt
from frontispiece.money import total
from frontispiece.purchases.buyer import Buyer, PaperJob
from frontispiece.recipe import check_key
from frontispiece.text import one_line


def checker_of(buyer: Buyer) -> Checker:
    """Who looks at pictures. Raises BadInput where nobody does."""
    if buyer.checker is None:
        raise BadInput("`checker`: nobody is to look at pictures; choose who is.")
    return buyer.checker


def key_of(paper: Paper, prompt: Prompt, painting: Painting, services: Buyer) -> str:
    """The key of a painting's check in the journal."""
    recipe, wanted = checker_of(services).recipe, label.wanted(paper, prompt)
    return check_key(paper, wanted, painting.original.digest, recipe, services.refresh_id)


class CheckJob(PaperJob[Check]):
    """The check of one painting, shown as JPEGs of the checker's sizes."""

    record = Check
    step = "check"

    def __init__(
        self,
        paper: Paper,
        prompt: Prompt,
        painting: Painting,
        buyer: Buyer,
        pictures: Sequence[bytes],
        *,
        run: str,
        lane: Lane,
    ) -> None:
        super().__init__(paper, buyer, lane, run)
        self._checker, self._pictures = checker_of(buyer), pictures
        self._prompt = prompt
        self._wanted = label.wanted(paper, prompt)
        self.key = key_of(paper, prompt, painting, buyer)
        self.what = f"check {paper.id} by {self._checker.label}"
        self.price = self._checker.price
        self.by = f"{self._checker.label}, reading"

    async def submit(self) -> Check:
        """Have it read, at one size after the other until it reads."""
        await self._reach_provider()
        read: list[Reading] = []
        words: list[str] = []
        score = 0.0
        for picture in self._pictures:
            end_if_cancelled()
            read.append(await self._checker.read(picture, self._paper, self._prompt))
            known = set(words)
            words += [word for word in read[-1].words.split() if word not in known]
            score = label.score(self._wanted, " ".join(words))
            if label.is_enough(score):
                break
        return Check(
            checker=self._checker.recipe.kind,
            model=read[0].model,
            wanted=self._wanted,
            read=one_line(" ".join(words), label.MAX_WORDS),
            score=round(score, 3),
            reads=label.is_enough(score),
            marks=read[0].marks,
            advice=read[0].advice,
            tokens_in=read[0].tokens_in,
            tokens_out=read[0].tokens_out,
            request_id=read[0].request_id,
            seconds=round(sum(each.seconds for each in read), 3),
            dollars=total(each.dollars for each in read),
        )

    async def keep(self, answer: Check) -> Check:
        """The answer is the record."""
        await self._lane.leave()
        return answer
