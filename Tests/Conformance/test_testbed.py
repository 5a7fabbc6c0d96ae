"""What a kernel must be able to do, in four tiers: the cases of runtimed/kernel-testbed as cases of this language."""

import zmq
from kernels import another_client


class TestTier1:
    """A kernel that can be talked to."""

    def test_heartbeat_responds(self, shared):
        context = zmq.Context.instance()
        with context.socket(zmq.REQ) as socket:
            socket.linger = 0
            socket.rcvtimeo = 10_000
            socket.connect(shared.client._make_url("hb"))
            for payload in (b"ping", b"", b"\x00\xff" * 500):
                socket.send(payload)
                assert socket.recv() == payload

    def test_iopub_welcome(self, shared):
        client = another_client(shared)
        client.start_channels(shell=False, stdin=False, hb=False, control=False)
        welcome = client.get_iopub_msg(timeout=10)
        client.stop_channels()
        assert welcome["msg_type"] == "iopub_welcome"
        assert welcome["content"] == {"subscription": ""}
        assert welcome["parent_header"] == {}

    def test_kernel_info_reply_valid(self, shared):
        content = shared.ask("kernel_info_request", channel="shell")["content"]
        assert content["status"] == "ok"
        assert {"implementation", "implementation_version", "banner", "help_links"} <= set(content)
        assert content["supported_features"] == ["kernel subshells"]

    def test_kernel_info_has_language_info(self, shared):
        info = shared.ask("kernel_info_request", channel="shell")["content"]["language_info"]
        assert info["name"] == "dass"
        assert info["mimetype"] == "text/x-dass"
        assert info["file_extension"] == ".dass"
        assert info["version"]

    def test_kernel_info_has_protocol_version(self, shared):
        reply = shared.ask("kernel_info_request", channel="shell")
        assert reply["content"]["protocol_version"] == "5.5"
        assert reply["header"]["version"] == "5.5"

    def test_execute_stdout(self, shared):
        assert shared.run('print "hello"').stream("stdout") == "hello\n"

    def test_execute_stderr(self, shared):
        assert shared.run('warn "careful"').stream("stderr") == "careful\n"

    def test_execute_reply_ok(self, shared):
        reply = shared.run("x = 1").reply
        assert reply["status"] == "ok"
        assert reply["execution_count"] > 0
        assert reply["payload"] == [] and reply["user_expressions"] == {}

    def test_status_busy_idle_lifecycle(self, shared):
        request = shared.client.execute("2")
        messages = shared.messages_of(request)
        states = [m["content"]["execution_state"] for m in messages if m["msg_type"] == "status"]
        assert states == ["busy", "idle"]
        assert messages[0]["msg_type"] == messages[-1]["msg_type"] == "status"
        shared.reply_to(request)

    def test_execute_input_broadcast(self, shared):
        result = shared.run("3")
        assert result.contents("execute_input") == [{"code": "3", "execution_count": result.reply["execution_count"]}]

    def test_shutdown_reply(self, kernel):
        reply = kernel.ask("shutdown_request", {"restart": True})
        assert reply["content"] == {"status": "ok", "restart": True}


class TestTier2:
    """A kernel that helps with typing."""

    def test_complete_request(self, shared):
        shared.run("completed_name = 3")
        content = shared.client.complete("print compl", 11, reply=True, timeout=10)["content"]
        assert content["status"] == "ok"
        assert content["matches"] == ["completed_name"]
        assert (content["cursor_start"], content["cursor_end"]) == (6, 11)
        (typed,) = content["metadata"]["_jupyter_types_experimental"]
        assert typed["text"] == "completed_name" and typed["type"] == "instance" and typed["signature"]

    def test_inspect_request(self, shared):
        content = shared.client.inspect("sample", 3, reply=True, timeout=10)["content"]
        assert content["status"] == "ok" and content["found"]
        assert {"text/plain", "text/html"} <= set(content["data"])

    def test_is_complete_complete(self, shared):
        assert shared.is_complete("x = 3") == {"status": "complete"}

    def test_is_complete_incomplete(self, shared):
        assert shared.is_complete("x = [1,") == {"status": "incomplete", "indent": "  "}

    def test_history_request(self, shared):
        shared.run("x = 77")
        content = shared.client.history(hist_access_type="tail", n=10, reply=True, timeout=10)["content"]
        assert content["status"] == "ok"
        assert content["history"][-1][2] == "x = 77"

    def test_comm_info_request(self, shared):
        assert shared.client.comm_info(reply=True, timeout=10)["content"] == {"status": "ok", "comms": {}}

    def test_error_handling(self, shared):
        result = shared.run("no-such-command 3")
        (error,) = result.contents("error")
        assert result.reply["status"] == "error"
        for content in (error, result.reply):
            assert content["ename"] and content["evalue"] and content["traceback"]


class TestTier3:
    """A kernel that shows things."""

    def test_display_data(self, shared):
        (first,) = shared.run("resnet\n1").contents("display_data")
        assert {"text/plain", "text/html"} <= set(first["data"])

    def test_update_display_data(self, shared):
        result = shared.run("sleep 600ms")
        (shown,) = result.contents("display_data")
        updates = result.contents("update_display_data")
        assert updates
        assert {u["transient"]["display_id"] for u in updates} == {shown["transient"]["display_id"]}

    def test_execute_result(self, shared):
        (content,) = shared.run("3.5").contents("execute_result")
        assert content["data"] == {"text/plain": "3.5"}

    def test_rich_execute_result(self, shared):
        (content,) = shared.run("list").contents("execute_result")
        assert "<table" in content["data"]["text/html"]


class TestTier4:
    """A kernel that is talked back to."""

    def test_stdin_input_request(self, shared):
        request = shared.client.execute('answer = ask "value: "\nanswer', allow_stdin=True)
        asked = shared.client.get_stdin_msg(timeout=10)
        assert asked["content"] == {"prompt": "value: ", "password": False}
        assert asked["parent_header"]["msg_id"] == request
        shared.client.input("test_input_42")
        result = shared.finish(request)
        assert result.reply["status"] == "ok"
        assert "test_input_42" in result.text

    def test_comms_lifecycle(self, shared):
        opened = {"comm_id": "c-1", "target_name": "no.such.target", "data": {}}
        messages = shared.messages_of(shared.send("comm_open", opened))
        assert [m["content"]["comm_id"] for m in messages if m["msg_type"] == "comm_close"] == ["c-1"]
        for kind in ("comm_msg", "comm_close"):
            messages = shared.messages_of(shared.send(kind, {"comm_id": "c-1", "data": {}}))
            assert [m["msg_type"] for m in messages] == ["status", "status"]
        assert shared.is_responsive()

    def test_interrupt_request(self, shared):
        assert shared.interrupt()["content"] == {"status": "ok"}
        assert shared.is_responsive()

    def test_execution_count_increments(self, shared):
        first = shared.run("1").reply["execution_count"]
        assert shared.run("1").reply["execution_count"] == first + 1

    def test_parent_header_correlation(self, shared):
        request = shared.client.execute('print "a"\nresnet\n3')
        messages = shared.messages_of(request)
        header = shared.reply_to(request)["parent_header"]
        assert all(m["parent_header"] == header for m in messages)
        assert len(messages) >= 6
