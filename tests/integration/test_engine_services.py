"""Table, queue and key of the local engine keep the promises that the stores rely on."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from dev.engine.stack import LocalStack
from tests.integration.conftest import eventually

Item = dict[str, dict[str, str]]


def key(pk: str, sk: str = "a") -> Item:
    """Return the key of an item."""
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def put(probe: LocalStack, item: Item, **more: Any) -> None:
    """Write an item to the probe's table."""
    probe.boto3_client("dynamodb").put_item(TableName=probe.table_name, Item=item, **more)


def get(probe: LocalStack, wanted: Item) -> Item | None:
    """Read an item, or None."""
    answer = probe.boto3_client("dynamodb").get_item(TableName=probe.table_name, Key=wanted)
    item: Item | None = answer.get("Item")
    return item


def test_a_conditional_write_refuses_a_second_writer(probe: LocalStack) -> None:
    table = probe.boto3_client("dynamodb")
    once = key(f"once#{uuid4()}")
    put(probe, once, ConditionExpression="attribute_not_exists(pk)")
    with pytest.raises(table.exceptions.ConditionalCheckFailedException):
        put(probe, once, ConditionExpression="attribute_not_exists(pk)")


def test_a_refused_write_can_return_what_stands_there(probe: LocalStack) -> None:
    table = probe.boto3_client("dynamodb")
    item = key(f"stands#{uuid4()}") | {"lease": {"N": "3"}}
    put(probe, item)
    with pytest.raises(table.exceptions.ConditionalCheckFailedException) as refusal:
        put(
            probe,
            item,
            ConditionExpression="lease < :mine",
            ExpressionAttributeValues={":mine": {"N": "2"}},
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    assert refusal.value.response["Item"]["lease"] == {"N": "3"}


def test_a_transaction_writes_all_or_nothing(probe: LocalStack) -> None:
    table = probe.boto3_client("dynamodb")
    there, new = key(f"there#{uuid4()}"), key(f"new#{uuid4()}")
    put(probe, there)
    guarded = {"TableName": probe.table_name, "ConditionExpression": "attribute_not_exists(pk)"}
    with pytest.raises(table.exceptions.TransactionCanceledException) as refusal:
        table.transact_write_items(
            TransactItems=[{"Put": {"Item": new, **guarded}}, {"Put": {"Item": there, **guarded}}]
        )
    codes = [reason["Code"] for reason in refusal.value.response["CancellationReasons"]]
    assert codes == ["None", "ConditionalCheckFailed"]
    assert get(probe, new) is None


def test_a_sparse_index_shows_only_items_that_have_its_key(probe: LocalStack) -> None:
    due = f"due#{uuid4()}"
    put(probe, key("task#1", due) | {"due": {"S": due}})
    put(probe, key("task#2", due))
    found = probe.boto3_client("dynamodb").query(
        TableName=probe.table_name,
        IndexName="by_due",
        KeyConditionExpression="due = :due",
        ExpressionAttributeValues={":due": {"S": due}},
    )
    assert [item["pk"]["S"] for item in found["Items"]] == ["task#1"]


def test_a_query_pages_from_where_it_stopped(probe: LocalStack) -> None:
    pk = f"paged#{uuid4()}"
    for number in range(5):
        put(probe, key(pk, str(number)))
    seen: list[str] = []
    start: dict[str, Any] = {}
    while True:
        page = probe.boto3_client("dynamodb").query(
            TableName=probe.table_name,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": pk}},
            Limit=2,
            **start,
        )
        seen += [item["sk"]["S"] for item in page["Items"]]
        if "LastEvaluatedKey" not in page:
            break
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
    assert seen == ["0", "1", "2", "3", "4"]


def test_the_table_expires_items_by_its_attribute(probe: LocalStack) -> None:
    told = probe.boto3_client("dynamodb").describe_time_to_live(TableName=probe.table_name)
    assert told["TimeToLiveDescription"] == {"TimeToLiveStatus": "ENABLED", "AttributeName": "ttl"}


def test_the_stream_reaches_its_function_and_only_for_what_the_filter_names(probe: LocalStack) -> None:
    wanted, other = f"wanted#{uuid4()}", f"other#{uuid4()}"
    put(probe, key(other) | {"kind": {"S": "note"}})
    put(probe, key(wanted) | {"kind": {"S": "job"}})
    assert eventually(lambda: get(probe, key(f"seen#{wanted}", "aws:dynamodb")))
    assert get(probe, key(f"seen#{other}", "aws:dynamodb")) is None


def test_a_queue_message_reaches_its_function(probe: LocalStack) -> None:
    told = str(uuid4())
    queue = probe.outputs["JobsQueueUrl"]
    probe.boto3_client("sqs").send_message(QueueUrl=queue, MessageBody=told)
    assert eventually(lambda: get(probe, key(f"seen#{told}", "aws:sqs")))


def test_an_unread_message_returns_and_ends_in_the_dead_letter_queue(probe: LocalStack) -> None:
    queues = probe.boto3_client("sqs")
    url, dead = probe.outputs["CommandsQueueUrl"], probe.physical_ids["DeadCommands"]
    body = str(uuid4())
    queues.send_message(QueueUrl=url, MessageBody=body)
    counts = []

    def receive() -> Any:
        for message in queues.receive_message(
            QueueUrl=url, WaitTimeSeconds=1, AttributeNames=["ApproximateReceiveCount"]
        ).get("Messages", []):
            counts.append(message["Attributes"]["ApproximateReceiveCount"])
        return queues.receive_message(QueueUrl=dead).get("Messages")

    assert eventually(receive)[0]["Body"] == body
    assert counts == ["1", "2"]


def test_a_message_can_be_hidden_for_longer_and_then_deleted(probe: LocalStack) -> None:
    queues = probe.boto3_client("sqs")
    url = queues.create_queue(QueueName=f"hidden-{uuid4()}", Attributes={"VisibilityTimeout": "0"})[
        "QueueUrl"
    ]
    queues.send_message(QueueUrl=url, MessageBody="x")
    receipt = queues.receive_message(QueueUrl=url, VisibilityTimeout=1)["Messages"][0]["ReceiptHandle"]
    queues.change_message_visibility(QueueUrl=url, ReceiptHandle=receipt, VisibilityTimeout=60)
    assert "Messages" not in queues.receive_message(QueueUrl=url, WaitTimeSeconds=2)
    queues.delete_message(QueueUrl=url, ReceiptHandle=receipt)
    left = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert left["ApproximateNumberOfMessagesNotVisible"] == "0"


def test_a_secret_opens_only_with_the_context_that_sealed_it(probe: LocalStack) -> None:
    keys = probe.boto3_client("kms")
    sealed = keys.encrypt(
        KeyId=probe.outputs["KeyId"], Plaintext=b"ek_1", EncryptionContext={"session_id": "s1"}
    )["CiphertextBlob"]
    opened = keys.decrypt(CiphertextBlob=sealed, EncryptionContext={"session_id": "s1"})
    assert opened["Plaintext"] == b"ek_1"
    with pytest.raises(keys.exceptions.InvalidCiphertextException):
        keys.decrypt(CiphertextBlob=sealed, EncryptionContext={"session_id": "s2"})


def test_a_generated_secret_can_be_read_by_what_the_template_calls_it(probe: LocalStack) -> None:
    secrets = probe.boto3_client("secretsmanager")
    value = secrets.get_secret_value(SecretId=probe.outputs["SecretArn"])["SecretString"]
    assert len(value) == 48
