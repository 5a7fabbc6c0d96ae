"""The Jupyter project's own conformance suite, with samples in the DaSS language.

Needs the kernelspec `dass` on Jupyter's path; `make test` installs it.
"""

import jupyter_kernel_test
import pytest


@pytest.fixture(scope="module", autouse=True)
def own_history(tmp_path_factory):
    """The suite counts what its pattern finds, in cells of its own only."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DASS_HISTORY", str(tmp_path_factory.mktemp("history") / "history.sqlite"))
        yield


class DassKernelTests(jupyter_kernel_test.KernelTests):
    kernel_name = "dass"
    language_name = "dass"
    file_extension = ".dass"
    code_hello_world = 'print "hello, world"'
    code_stderr = 'warn "oops"'
    code_page_something = "help search"
    code_generate_error = "serch p"
    code_clear_output = "clear"
    code_execute_result = [
        {"code": "3", "result": "3"},
        {"code": "5%", "result": "5%"},
        {"code": "[1, 2]", "result": "[1, 2]"},
    ]
    code_display_data = [{"code": "resnet\nresnet", "mime": "text/html"}]
    completion_samples = [
        {"text": "evalu", "matches": {"evaluate"}},
        {"text": "metat", "matches": {"metatrain"}},
    ]
    complete_code_samples = ["x = 3", "help"]
    incomplete_code_samples = ["t = [1,"]
    invalid_code_samples = ['print "unclosed']
    code_inspect_sample = "search"
    supported_history_operations = ("tail", "range", "search")
    code_history_pattern = "[[]1?*"


class DassWelcomeTests(jupyter_kernel_test.IopubWelcomeTests):
    kernel_name = "dass"
    support_iopub_welcome = True
