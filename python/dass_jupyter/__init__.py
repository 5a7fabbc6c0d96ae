"""DaSS for Jupyter's tools: a Pygments lexer, a papermill translator, and the IPython magic `%%dass`."""

__version__ = "0.1.0"


def load_ipython_extension(shell):
    """What `%load_ext dass_jupyter` calls."""
    from .magic import DassMagics

    shell.register_magics(DassMagics)


def unload_ipython_extension(shell):
    shell.magics_manager.registry["DassMagics"].shut_down()
