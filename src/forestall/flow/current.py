"""What can change a result, named with its version as it is now."""

from collections.abc import Mapping, Sequence

from forestall.flow.asking import Asking
from forestall.flow.rulebook import Rulebook, Standing
from forestall.flow.screen import Versions
from forestall.model.ports import Detector, Library, ThreadDetector


class Current:
    """Names all versions: those of banks, lists and rules change while the house stands, the `named` ones do not.

    Calling it gives the same object until one of them changes.
    """

    def __init__(
        self,
        named: Mapping[str, str],
        rulebook: Rulebook,
        detectors: Sequence[Detector | ThreadDetector],
        library: Library,
        asking: Asking,
    ) -> None:
        self._named = named
        self._rulebook = rulebook
        self._detectors = detectors
        self._library = library
        self._asking = asking
        self._latest: tuple[Mapping[str, str], Mapping[str, str], Standing, Versions] | None = None

    def __call__(self) -> Versions:
        """Give the versions as they are now; raises BadPolicy where the promoted ruleset does not hold together."""
        banks, listed, standing = self._library.versions(), self._asking.lists.versions(), self._rulebook.standing
        latest = self._latest
        if latest is None or latest[0] is not banks or latest[1] is not listed or latest[2] is not standing:
            looking = {f"detector:{detector.name}": detector.version for detector in self._detectors}
            names = {**self._named, **standing.names, **looking, **banks, **listed}
            latest = (banks, listed, standing, Versions(names, standing.ruleset, self._asking.asked(standing.ruleset)))
            self._latest = latest
        return latest[3]
