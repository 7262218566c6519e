"""An intent model trained on a handful of sentences: fitted, written, read, served."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from xiaoer.intelligence.intent.artefact import IntentArtefact, ModelUnusable, read_artefact, write_artefact
from xiaoer.intelligence.intent.measure import auroc
from xiaoer.intelligence.intent.model import IntentModel
from xiaoer.intelligence.intent.train import Example, train_intents
from xiaoer.intelligence.text.ngrams import ngrams

SENTENCES = {
    "invoice.ask": ["怎么开发票", "我要发票", "发票在哪开", "能开专票吗", "发票抬头", "开发票谢谢"],
    "urge_shipping.when": ["什么时候发货", "怎么还不发货", "快点发货", "啥时候发", "发货了吗", "催发货"],
    "thanks.thanks": ["谢谢", "多谢", "thanks", "谢谢你啊", "thank you", "感谢"],
    "other.off_topic": ["写一首诗", "今天股市", "一加一等于几", "讲个故事", "python怎么学", "谁是总统"],
}


@pytest.fixture(scope="module")
def artefact() -> IntentArtefact:
    rows = [Example(text, intent, intent.split(".")[0]) for intent, texts in SENTENCES.items() for text in texts]
    return train_intents(rows, licence="Apache-2.0", buckets=1 << 12)


def test_knows_what_it_was_taught(artefact: IntentArtefact) -> None:
    model = IntentModel(artefact)
    for intent, texts in SENTENCES.items():
        assert all(model.classify(ngrams(text)).best.intent == intent for text in texts)


def test_probabilities_sum_to_one_and_rank(artefact: IntentArtefact) -> None:
    model = IntentModel(artefact)
    assert float(model.probabilities(ngrams("发票")).sum()) == pytest.approx(1.0, abs=1e-5)
    result = model.classify(ngrams("帮我开个发票"))
    assert [score.score for score in result.ranked] == sorted((s.score for s in result.ranked), reverse=True)
    assert result.label == "invoice"


def test_off_topic_is_never_confident(artefact: IntentArtefact) -> None:
    result = IntentModel(artefact).classify(ngrams("写一首诗"))
    assert result.best.intent == "other.off_topic"
    assert not result.is_confident
    assert result.off_topic == result.probability


def test_nothing_is_no_intent(artefact: IntentArtefact) -> None:
    assert IntentModel(artefact).classify(ngrams("")).probability == 0.0


def test_order_of_sentences_does_not_matter(artefact: IntentArtefact, tmp_path: Path) -> None:
    rows = [Example(text, intent, intent.split(".")[0]) for intent, texts in SENTENCES.items() for text in texts]
    again = train_intents(list(reversed(rows)), licence="Apache-2.0", buckets=1 << 12)
    write_artefact(artefact, tmp_path / "one.npz")
    write_artefact(again, tmp_path / "two.npz")
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()


def test_what_is_written_is_read(artefact: IntentArtefact, tmp_path: Path) -> None:
    write_artefact(artefact, tmp_path / "intent.npz")
    read = read_artefact(tmp_path / "intent.npz")
    assert read.manifest == artefact.manifest
    assert np.array_equal(read.weights, artefact.weights)


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04 cut off"])
def test_damaged_files_are_named(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "intent.npz").write_bytes(content)
    with pytest.raises(ModelUnusable) as caught:
        IntentModel.load(tmp_path / "intent.npz")
    assert caught.value.params["file"].endswith("intent.npz")


def test_auroc_counts_ties_half() -> None:
    assert auroc(np.array([0.1, 0.9]), np.array([False, True])) == 1.0
    assert auroc(np.array([0.5, 0.5]), np.array([False, True])) == 0.5
