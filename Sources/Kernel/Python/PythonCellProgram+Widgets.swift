extension PythonCellProgram {
  /// Comms, for ipywidgets and others that use the package `comm`; and what those packages expect of IPython.
  static let widgets = #"""
    def send_comm(kind, content, metadata, buffers):
        parts = [memoryview(buffer).tobytes() for buffer in buffers or ()]
        message = {"type": kind, "content": content, "metadata": metadata or {}, "sizes": [len(part) for part in parts]}
        try:
            text = json.dumps(message, ensure_ascii=False, allow_nan=False, default=plain_content)
        except ValueError:
            text = json.dumps(without_infinities(message), ensure_ascii=False, default=plain_content)
        text = text.encode("utf-8", "replace")
        dass_host.call(COMM, b"".join([len(text).to_bytes(8, "little"), text, *parts]))


    def plain_content(value):
        """What Jupyter's clients make of values that JSON does not have."""
        if hasattr(value, "isoformat"):
            return value.isoformat()
        if isinstance(value, bytes):
            return base64.b64encode(value).decode()
        if isinstance(value, numbers.Integral):
            return int(value)
        if isinstance(value, numbers.Real):
            return float(value)
        return list(value)


    def without_infinities(value):
        if isinstance(value, dict):
            return {key: without_infinities(part) for key, part in value.items()}
        if isinstance(value, (list, tuple)):
            return [without_infinities(part) for part in value]
        return None if isinstance(value, float) and not isfinite(value) else value


    def receive(parcel):
        """Hands a message of a client to the comm that it is for."""
        start = 8 + int.from_bytes(parcel[:8], "little")
        message = json.loads(parcel[8:start])
        message["buffers"] = []
        for size in message["sizes"]:
            message["buffers"].append(memoryview(parcel)[start:start + size])
            start += size
        return answered(deliver, message)


    def deliver(message):
        header = message["header"] or {}
        message.update(msg_id=header.get("msg_id"), msg_type=message["type"], parent_header={})
        getattr(sys.modules["comm"].get_comm_manager(), message["type"])(None, None, message)
        show_figures()
        return {}


    class Front:
        """What ipywidgets asks of IPython and its kernel: which request is shown now, and to show an error."""
        @property
        def kernel(self):
            return self

        def get_parent(self):
            return {"header": dict(PARENT)}

        def showtraceback(self, error=None, **options):
            ask("error", **failure(error[1] if error else sys.exc_info()[1])["error"])


    FRONT = Front()


    def open_comms(module):
        """The package asks kernels to put their own in the place of its two functions."""
        class Comm(module.base_comm.BaseComm):
            kernel = FRONT

            def publish_msg(self, msg_type, data=None, metadata=None, buffers=None, **keys):
                content = {"comm_id": self.comm_id, "data": {} if data is None else data, **keys}
                send_comm(msg_type, content, metadata, buffers)

        class Manager(module.base_comm.CommManager):
            def register_target(self, target_name, f):
                super().register_target(target_name, f)
                ask("offer", name=target_name)

        manager = Manager()
        module.create_comm, module.get_comm_manager = Comm, lambda: manager


    def show_widgets(module):
        parts = {name: sys.modules["ipywidgets.widgets." + name] for name in ("widget", "widget_output", "interaction")}
        for part in parts.values():
            part.get_ipython = lambda: FRONT
        parts["interaction"].show_inline_matplotlib_plots = show_figures
        module.register_comm_target()


    class AfterImport(importlib.abc.MetaPathFinder):
        """Prepares packages right after they have been loaded."""
        steps = {"comm": open_comms, "IPython.core.display_functions": show_like_ipython, "ipywidgets": show_widgets}

        def __init__(self):
            self.searching = set()

        def find_spec(self, name, path, target=None):
            if name not in self.steps or name in self.searching:
                return None
            self.searching.add(name)
            try:
                spec = importlib.util.find_spec(name)
            finally:
                self.searching.discard(name)
            if spec is not None:
                execute_module = spec.loader.exec_module

                def execute_and_prepare(module):
                    execute_module(module)
                    self.steps[name](module)

                spec.loader.exec_module = execute_and_prepare
            return spec


    sys.meta_path.insert(0, AfterImport())


    """#
}
