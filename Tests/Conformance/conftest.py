"""Kernels for the tests. What they keep lies in a folder of its own: the user's history is none of their business."""

import pytest
from kernels import managed


@pytest.fixture(scope="session", autouse=True)
def own_folders(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kept")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DASS_HISTORY", str(folder / "history.sqlite"))
        patch.setenv("DASS_CACHE", str(folder / "cache"))
        yield


@pytest.fixture
def kernel():
    """A kernel of the test's own."""
    with managed() as started:
        yield started


@pytest.fixture(scope="module")
def module_kernel():
    with managed() as started:
        yield started


@pytest.fixture
def shared(module_kernel):
    """The kernel of the module: a test leaves it running and without names that others could trip over."""
    yield module_kernel
    # What a failed test left running or unanswered is not the next one's.
    module_kernel.interrupt()
    module_kernel.is_responsive()
