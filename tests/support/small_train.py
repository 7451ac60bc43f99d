"""`python -m train` with small towers: `run("tests.support.small_train", "fit", …)`, where the towers don't matter."""

from pipeline.commands.train.cli import TRAIN
from tests.support.training import use_small_towers

use_small_towers()
TRAIN.main()
