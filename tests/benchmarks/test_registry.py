from importlib.metadata import EntryPoint

import pytest

from benchmarks import registry
from benchmarks.contracts import GeneFinder, SiteScorer
from benchmarks.registry import (
    build,
    constructor_options,
    external_names,
    missing_programs,
    model_names,
    resolve_model,
)
from features.errors import ModelError


def test_default_models_are_every_scorer_with_and_without_the_hmm():
    names = model_names()
    assert names[:4] == ["gtag", "gtag+hmm", "pwm", "pwm+hmm"]
    assert "hmmlearn" in names
    assert len(names) == len(set(names))


def test_a_class_of_ones_own_is_decoded_greedily_or_by_the_hmm(toys):
    plain = resolve_model("toys:EveryCandidate")
    assert (plain.model, plain.decoder, plain.decoded) == (
        "toys:EveryCandidate",
        "baselines.greedy:GreedyDecoder",
        False,
    )
    decoded = resolve_model("toys:EveryCandidate+hmm")
    assert (decoded.decoder, decoded.decoded) == ("toys:OpenFrames", True)
    assert decoded.name == "toys:EveryCandidate+hmm"


def test_a_gene_finder_needs_no_decoder(toys):
    assert resolve_model("toys:FrameFinder").decoder is None
    with pytest.raises(ModelError, match=r"finds genes itself. Leave out \+hmm"):
        resolve_model("toys:FrameFinder+hmm")


def test_programs_have_names_but_run_only_when_named():
    assert external_names() == ["augustus", "glimmerhmm", "snap"]
    assert list(missing_programs()) == external_names()
    assert not {"augustus", "glimmerhmm", "snap"} & set(model_names())
    for name in external_names():
        spec = resolve_model(name)
        assert (spec.decoder, spec.arguments) == (None, {})
        assert build(spec.model, GeneFinder, 1, 1, spec.arguments).species is None
    spec = resolve_model("augustus@caenorhabditis")
    assert (spec.name, spec.arguments) == ("augustus@caenorhabditis", {"species": "caenorhabditis"})
    finder = build(spec.model, GeneFinder, 1, 1, spec.arguments)
    assert finder.species == "caenorhabditis"


def test_an_installed_package_can_register_a_model(toys, monkeypatch):
    point = EntryPoint("mine", "toys:EveryCandidate", registry.ENTRY_POINT_GROUP)
    monkeypatch.setattr(registry, "entry_points", lambda group: [point])
    assert resolve_model("mine+hmm").model == "toys:EveryCandidate"
    assert model_names()[-1] == "mine"


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("nonsense", "no model 'nonsense'. Known models: gtag, gtag.hmm, pwm"),
        ("gtag+viterbi", "no decoder 'viterbi'. Known decoders: greedy, hmm"),
        ("no_such_module:Model", "cannot be imported"),
        ("toys:Missing", "cannot be imported"),
        ("toys:number", "not a class"),
        ("toys:NoScorer", "lacks save, load, so it is no SiteScorer"),
        ("", "no model ''"),
        ("xbg", "no model 'xbg'. Did you mean xgb?"),
        ("augustus@", "no species. Name one, as augustus@SPECIES"),
        ("snap@", "no species. Name one, as snap@SPECIES"),
        ("augustus@human+hmm", r"finds genes itself. Leave out \+hmm"),
        ("toys:FrameFinder@human", "takes no species. Leave out @human"),
        ("gtag@human+hmm", "takes no species. Leave out @human"),
    ],
)
def test_a_bad_name_is_told(toys, name, complaint):
    with pytest.raises(ModelError, match=complaint):
        resolve_model(name)


def test_seed_and_threads_are_passed_where_they_are_taken(toys):
    scorer = build("toys:EveryCandidate", SiteScorer, seed=5, threads=3)
    assert scorer.seed == 5
    assert isinstance(build("toys:FrameFinder", GeneFinder, seed=5, threads=3), toys.FrameFinder)
    with pytest.raises(ModelError, match="cannot be constructed"):
        build("toys:Needy", SiteScorer, seed=5, threads=3)


def test_options_leave_out_seed_and_threads(toys):
    assert constructor_options("toys:EveryCandidate") == {"span": 6}
