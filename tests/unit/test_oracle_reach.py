"""L3 where no request gets a verdict: excused while they are tried, and only then."""

from watching import NAME, Scene, without_a_bid

from strategy import events


def ask(scene: Scene, *answers: str) -> None:
    for answer in answers:
        is_vain = answer == "vain"
        vain = events.Unanswered(events.QUERY, "", NAME, "server_error")
        scene.step(vain if is_vain else events.MarginSeen(scene.now_ns, 1, 0, 1))
        scene.pass_s(3)


def test_where_no_request_gets_a_verdict_nobody_can_quote():
    scene = without_a_bid(requote_s=20)
    ask(scene, *["vain"] * 20)
    assert "L3" not in scene.codes
    assert scene.oracle.excused_ns["L3"] > 40e9


def test_who_stops_asking_is_blamed():
    scene = without_a_bid(requote_s=20)
    ask(scene, *["vain"] * 6)
    scene.pass_s(11 + 20)
    assert ["L3"] == scene.codes


def test_one_verdict_in_four_is_a_way():
    scene = without_a_bid(requote_s=20)
    ask(scene, *["vain", "vain", "vain", "told"] * 2)
    assert ["L3"] == scene.codes
