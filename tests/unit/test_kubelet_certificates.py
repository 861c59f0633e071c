"""A kubelet that is started anew asks for its serving certificate anew: it gets the one that it asked for last."""

from __future__ import annotations

import pytest
from simulation import answers_of

from installer.errors import CommandFailed
from installer.plan.steps import kubernetes
from installer.world.ports import FileState, Output


class Cluster:
    """A control plane and a node whose kubelet forgets its first requests; anything else asked of it fails."""

    def __init__(self, forgotten: int) -> None:
        self.left, self.approved = forgotten, 0

    def stat(self, host: str, *paths: str) -> tuple[FileState | None, ...]:
        return (None,) * len(paths)

    def run(self, host: str, *argv: str, stdin: bytes = b"", timeout: float = 60) -> Output:
        script = argv[2]
        if script == kubernetes.APPROVE:
            self.approved += 1
            return Output(0, "", "")
        assert script == kubernetes.AWAIT_FILE
        self.left -= 1
        return Output(0 if self.left < 0 else 1, "", "")


@pytest.mark.parametrize("forgotten", [0, 1, 3])
def test_it_is_approved_as_often_as_it_asks(forgotten: int) -> None:
    environment, cluster = answers_of("minimal").environments[0], Cluster(forgotten)
    kubernetes.certify(environment, environment.control_planes[0], ()).apply(cluster)  # type: ignore[arg-type]
    assert cluster.approved == forgotten + 1


def test_one_that_never_gets_it_is_told() -> None:
    environment, cluster = answers_of("minimal").environments[0], Cluster(kubernetes.ROUNDS)
    step = kubernetes.certify(environment, environment.control_planes[0], ())
    with pytest.raises(CommandFailed, match="kubelet-server-current"):
        step.apply(cluster)  # type: ignore[arg-type]
