"""A session as a person drives it: work, errors that point, figures."""


def test_a_pool_is_drawn_and_shown(shared):
    result = shared.run("pool p = sample 20 from resnet where macs < 400M seed 7\np")
    assert result.reply["status"] == "ok"
    assert "20 students of resnet" in result.text


def test_a_failed_statement_points_and_leaves_the_session(shared):
    shared.run("x = 3")
    reply = shared.run("x = 4\npool q = sample 5 from resnte").reply
    assert reply["status"] == "error"
    assert "resnet" in "\n".join(reply["traceback"])
    assert shared.run("x").text == "4"


def test_a_budget_that_nothing_meets_is_told(shared):
    reply = shared.run("pool q = sample 5 from resnet where macs < 1M").reply
    assert reply["status"] == "error"
    assert "meet the conditions" in reply["evalue"]


def test_figures_come_as_png_and_svg(shared):
    result = shared.run("pool q = sample 50 from resnet\nplot pool of q")
    (content,) = result.contents("execute_result")
    assert {"image/png", "image/svg+xml", "text/plain"} <= set(content["data"])
