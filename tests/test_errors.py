from sparring.errors import nearest


def test_a_close_word_is_suggested_and_else_all_are_listed():
    assert nearest("hing", ["wasserstein", "hinge"]) == "did you mean 'hinge'?"
    assert nearest("hinge", ["Hinge"]) == "did you mean 'Hinge'?"
    assert nearest("xyz", ["wasserstein", "hinge"]) == "known: hinge, wasserstein"
