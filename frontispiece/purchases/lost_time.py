"""How long the providers' work took that came to nothing, by paper."""

from collections import defaultdict

from frontispiece.models import Step


class LostTime:
    """What rows of this run are still to tell."""

    def __init__(self) -> None:
        self._seconds: dict[str, dict[Step, float]] = defaultdict(dict)

    def note(self, paper_key: str, step: Step, seconds: float) -> None:
        """A call took so long and came to nothing, or to nothing that could be used."""
        lost = self._seconds[paper_key]
        lost[step] = lost.get(step, 0.0) + max(0.0, seconds)

    def pop(self, paper_key: str) -> dict[Step, float]:
        """How long such calls for a paper took in this run, as far as no row says so yet; seconds by step."""
        return {step: round(seconds, 3) for step, seconds in self._seconds.pop(paper_key, {}).items()}
