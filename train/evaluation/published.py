"""Numbers that ALIGN's paper (arXiv 2102.05918) publishes for each evaluation set, in percent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Published:
    """The numbers of one measure, in the order of ours, and their place in the paper; with the model, if unusual."""

    values: tuple[float, ...]
    where: str


def _table(where: str, **rows: tuple[float, ...]) -> dict[str, Published]:
    return {name.replace("_", " "): Published(values, where) for name, values in rows.items()}


ALIGN: Mapping[str, Mapping[str, Published]] = {
    "flickr30k": _table("Table 1, zero-shot", image_to_text=(88.6, 98.7, 99.7), text_to_image=(75.7, 93.8, 96.8)),
    "coco": _table("Table 1, zero-shot", image_to_text=(58.6, 83.0, 89.7), text_to_image=(45.6, 69.8, 78.6)),
    "flickr30k_tuned": _table(
        "Table 1, fine-tuned", image_to_text=(95.3, 99.8, 100.0), text_to_image=(84.9, 97.4, 98.6)
    ),
    "coco_tuned": _table("Table 1, fine-tuned", image_to_text=(77.0, 93.5, 96.9), text_to_image=(59.9, 83.3, 89.8)),
    "crisscrossed": {
        **_table(
            "Table 2",
            image_to_text=(78.1, 94.3, 97.4),
            text_to_image=(61.8, 84.9, 91.1),
            text_to_text=(45.4, 66.8, 75.2),
            image_to_image=(49.4, 81.4, 89.1),
        ),
        **_table("Table 3", STS=(72.9, 0.4), SIS=(77.2, 0.8), SITS=(67.6, 1.2), mean_of_all_three=(72.6,)),
    },
    "imagenet": {"zero-shot": Published((76.4,), "Table 4")},
    "imagenet_r": {"zero-shot": Published((92.2,), "Table 4")},
    "imagenet_a": {"zero-shot": Published((75.8,), "Table 4")},
    "imagenet_v2": {"zero-shot": Published((70.1,), "Table 4")},
    "imagenet_knn": _table("Table 9, B7 + BERT-Base", nearest_neighbours=(69.3,)),
    "simlex": _table(
        "Table 12",
        all=(39.8,),
        adjectives=(49.8,),
        nouns=(45.9,),
        verbs=(16.6,),
        concreteness_1=(23.9,),
        concreteness_2=(41.7,),
        concreteness_3=(47.6,),
        concreteness_4=(57.8,),
        hard=(31.7,),
    ),
    "multi30k_en": _table("Table 11, multilingual", mean_recall=(90.2,)),
    "multi30k_de": _table("Table 11, multilingual", mean_recall=(84.1,)),
    "multi30k_fr": _table("Table 11, multilingual", mean_recall=(84.9,)),
    "multi30k_cs": _table("Table 11, multilingual", mean_recall=(63.2,)),
}
