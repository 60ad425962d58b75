"""What becomes of transactions, on a v3io in memory."""

NIGHT = {
    "account": "A-1",
    "transaction": "t1",
    "amount": 990,
    "country": "BR",
    "home": "PT",
    "hour": 3,
}
LUNCH = {**NIGHT, "transaction": "t2", "amount": 8, "country": "PT", "hour": 12}


def test_a_suspicious_transaction_becomes_an_alert(v3io):
    v3io.put("transactions", [NIGHT, LUNCH])
    v3io.run()
    alerts = [record.json["transaction"] for record in v3io.records("alerts")]
    assert alerts == ["t1"]
    assert v3io.records("rejected") == []


def test_a_transaction_without_an_amount_is_rejected(v3io):
    v3io.put("transactions", [{"account": "A-1"}, LUNCH])
    v3io.run("score")
    (letter,) = v3io.records("rejected")
    assert letter.json["cause"]["type"] == "KeyError"
    assert len(v3io.records("scores")) == 1


def test_no_score_is_lost_while_v3io_is_busy(v3io):
    busy = v3io.faults.add(kind="status", status=503, function="PutRecords", next=2)
    v3io.put("transactions", [NIGHT, LUNCH])
    v3io.run("score")
    assert busy.hits == 2
    assert len(v3io.records("scores")) == 2
