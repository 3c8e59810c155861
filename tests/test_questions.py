import pytest

from deepcinac.errors import InputError
from deepcinac.questions import NeedsAnswer, ask


def test_a_question_names_what_accepts_it():
    with pytest.raises(NeedsAnswer) as caught:
        ask("pixel-size", "0.1 to 20 um a pixel", "2000 um", "movie.tif", "did you mean 2 um")
    assert caught.value.accept == "pixel-size"
    assert caught.value.question == (
        "Expected 0.1 to 20 um a pixel, found 2000 um in movie.tif. Did you mean 2 um."
    )
    assert str(caught.value) == (
        "Expected 0.1 to 20 um a pixel, found 2000 um in movie.tif. Did you mean 2 um; if it is "
        'right as it is, add --accept pixel-size (in Python: accepted={"pixel-size"}).'
    )
    assert isinstance(caught.value, InputError)


def test_what_is_accepted_is_not_asked():
    ask("pixel-size", "0.1 to 20 um", "2000 um", accepted=frozenset({"pixel-size"}))
    with pytest.raises(NeedsAnswer):
        ask("pixel-size", "0.1 to 20 um", "2000 um", accepted=frozenset({"frame-rate"}))
