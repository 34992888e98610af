import numpy as np
import pytest

from utils.calls import make_calls
from utils.recipe import fit_preparation, softmax_floor
from utils.sabotage import Script, run_script

NAMES = ("healthy", "A", "B", "C", "D", "E", "F")


@pytest.fixture(scope="module")
def data():
    wood = make_calls(600, 200, 20)
    prepare = fit_preparation(wood.x_train)
    return (
        prepare(wood.x_train).astype(np.float32),
        wood.y_train,
        prepare(wood.x_val).astype(np.float32),
        wood.y_val,
    )


@pytest.fixture(scope="module")
def scripts(data):
    return {name: run_script(name, *data, epochs=15) for name in NAMES}


def test_the_same_script_prints_the_same(data, scripts):
    again = run_script("F", *data, epochs=15)
    assert again.val_acc == scripts["F"].val_acc
    assert again.evaluate(*data[2:]) == run_script("F", *data, epochs=15).evaluate(*data[2:])


def test_each_script_has_the_sign_that_tells_it(data, scripts):
    x, y, x_val, y_val = data
    healthy = scripts["healthy"]
    assert healthy.evaluate(x, y)[1] > 0.8 > 0.3 > scripts["A"].evaluate(x, y)[1]
    assert scripts["A"].train_acc == healthy.train_acc == scripts["E"].train_acc
    assert scripts["B"].ratio[-1] > 5 * healthy.ratio[-1]
    assert scripts["D"].ratio[-1] < 0.1 * healthy.ratio[-1]
    assert scripts["E"].val_acc[-1] < 0.125
    assert scripts["E"].evaluate(x_val, y_val) == healthy.evaluate(x_val, y_val)
    assert scripts["F"].evaluate(x_val, y_val)[0] != scripts["F"].evaluate(x_val, y_val)[0]
    assert healthy.evaluate(x_val, y_val) == healthy.evaluate(x_val, y_val)


def test_twenty_recordings_part_the_softmax_from_the_others(data):
    x, y = data[0][:20], data[1][:20]
    for name in NAMES:
        script = run_script(name, x, y, x, y, epochs=250)
        loss = script.train_loss[-1]
        assert loss > softmax_floor(8) if name == "C" else loss < 0.1


def test_an_unknown_script_and_one_that_has_not_run_are_refused(data):
    with pytest.raises(ValueError, match="no script"):
        run_script("Z", *data)
    with pytest.raises(ValueError, match="has not run"):
        Script("A").evaluate(*data[2:])
