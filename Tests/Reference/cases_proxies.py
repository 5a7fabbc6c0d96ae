"""Golden cases of the zero-cost proxies."""

from cases_networks import SPACE, STUDENTS, TEACHER, prefixed, teacher_weights, without
from golden import Draws, Golden, Tensors
from remapping import remap
from zero_cost import PROXIES, Network, diswot, similarity_views

IMAGES = 6
LABELS = [0, 1, 2, 3, 4, 1]


def proxies() -> Golden:
    draws = Draws(12)
    stored = {"images": draws.normal(IMAGES, 3, 16, 16)}

    def compute(values: Tensors) -> Tensors:
        weights = without("weights", values)
        results: Tensors = {}
        for number, student in enumerate(STUDENTS):
            for mode, training in (("train", True), ("eval", False)):
                def network(architecture=student):
                    return Network(architecture, remap(weights, TEACHER, architecture, "copy_paste_first"))

                for proxy in PROXIES:
                    value = proxy(network(), values["images"], LABELS, training)
                    results[f"student{number}.{mode}.{proxy.__name__}"] = value.reshape(1)
                views = similarity_views(network(TEACHER), values["images"], LABELS, training)
                score = diswot(network(), values["images"], LABELS, training, views)
                results[f"student{number}.{mode}.diswot"] = score.reshape(1)
        return results

    return Golden("proxies", stored, compute, {
        "seed": 12, "space": SPACE, "labels": LABELS, "students": [each.described() for each in STUDENTS],
        "loss": "mean cross-entropy", "synflow": "natural logarithm of the score"},
        borrowed=prefixed("weights", teacher_weights()))
