def test_up(stage):
    with stage.client() as c:
        r = c.get("/setup")
        assert r.status_code == 200
    who, cid = stage.conversation(stage.a, "包邮吗")
    print(stage.sql("select * from event where conversation_id=$1", cid))
