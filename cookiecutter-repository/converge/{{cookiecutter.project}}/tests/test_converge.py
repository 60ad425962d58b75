"""What becomes of orders, on a v3io in memory."""

import json

TEA = {"order": "o-1", "item": "tea", "count": 2}


def test_an_order_gets_one_file_with_both_answers(v3io):
    v3io.put("orders", [TEA])
    v3io.run()
    answers = json.loads((v3io.volume("results") / "o-1.json").read_text())
    assert answers["price"]["total"] == 9.0
    assert answers["stock"]["in_stock"] is True


def test_an_order_waits_for_the_slower_branch(v3io):
    v3io.put("orders", [TEA])
    v3io.run("price", "converge")
    assert not (v3io.volume("results") / "o-1.json").exists()
    v3io.run("stock", "converge")
    assert (v3io.volume("results") / "o-1.json").exists()


def test_what_is_not_sold_is_rejected_by_both_branches(v3io):
    v3io.put("orders", [{**TEA, "item": "chocolate"}])
    v3io.run()
    letters = [record.json["step"] for record in v3io.records("rejected")]
    assert sorted(letters) == ["price", "stock"]
    assert v3io.records("answers") == []
