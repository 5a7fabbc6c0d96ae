"""Golden cases of the predictors that know a task by its images: MetaD2A's and TANS."""

import torch
import torch.nn.functional as F

from cases_networks import prefixed, without
from cases_predictor import leaves
from golden import Draws, Golden, Tensors

FEATURES, CODE, CHANNELS, HEADS = 5, 9, 4, 4
LATENT, HIDDEN = 8, 6  # MetaD2A: 56 and 512
DIMENSIONS, MARGIN = 6, 0.2  # TANS: 128 and 0.2
CLASSES, IMAGES, STUDENTS = (3, 2), 4, 5  # two tasks of different numbers of classes
ADAM_RATE, ADAM_STEPS = 0.01, 2


def has_gradient(name: str) -> bool:
    """A constant added to all scores of a softmax changes nothing, so what its gradient is rounded to means nothing."""
    return not name.endswith("fc_k.bias")


def linear(parameters: Tensors, name: str, values: torch.Tensor) -> torch.Tensor:
    return F.linear(values, parameters[f"{name}.weight"], parameters[f"{name}.bias"])


def attention(parameters: Tensors, name: str, queries: torch.Tensor, members: torch.Tensor) -> torch.Tensor:
    """A multi-head attention block of the Set Transformer: heads side by side in the last axis, no normalization."""
    q, k, v = (linear(parameters, f"{name}.{part}", values)
               for part, values in (("fc_q", queries), ("fc_k", members), ("fc_v", members)))
    outputs = []
    for head in range(HEADS):
        part = slice(head * LATENT // HEADS, (head + 1) * LATENT // HEADS)
        scores = torch.einsum("bqd,bkd->bqk", q[..., part], k[..., part]) / LATENT**0.5
        outputs.append(q[..., part] + torch.einsum("bqk,bkd->bqd", scores.softmax(dim=2), v[..., part]))
    joined = torch.cat(outputs, dim=2)
    return joined + F.relu(linear(parameters, f"{name}.fc_o", joined))


def set_pool(parameters: Tensors, name: str, sets: torch.Tensor) -> torch.Tensor:
    for block in ("enc.0.mab", "enc.1.mab"):
        sets = attention(parameters, f"{name}.{block}", sets, sets)
    query = parameters[f"{name}.dec.0.S"].expand(len(sets), -1, -1)
    return linear(parameters, f"{name}.dec.1", attention(parameters, f"{name}.dec.0.mab", query, sets)).squeeze(1)


def drawn_linear(draws: Draws, name: str, outputs: int, inputs: int) -> Tensors:
    return {f"{name}.weight": draws.normal(outputs, inputs, deviation=inputs**-0.5),
            f"{name}.bias": draws.uniform(outputs, low=-0.2, high=0.2)}


def metad2a_parameters(draws: Draws) -> Tensors:
    parameters: Tensors = {}
    for pool, inputs in (("intra_setpool", FEATURES), ("inter_setpool", LATENT)):
        for block, size in (("enc.0.mab", inputs), ("enc.1.mab", LATENT), ("dec.0.mab", LATENT)):
            for layer in ("fc_q", "fc_k", "fc_v", "fc_o"):
                parameters |= drawn_linear(draws, f"{pool}.{block}.{layer}", LATENT,
                                           LATENT if layer == "fc_o" else size)
        parameters[f"{pool}.dec.0.S"] = draws.normal(1, 1, LATENT)
        parameters |= drawn_linear(draws, f"{pool}.dec.1", LATENT, LATENT)
    return (parameters | drawn_linear(draws, "arch_encoder.0", HIDDEN, CODE)
            | drawn_linear(draws, "arch_encoder.2", LATENT, HIDDEN)
            | drawn_linear(draws, "pred_fc.0", HIDDEN, 2 * LATENT) | drawn_linear(draws, "pred_fc.2", 1, HIDDEN))


def metad2a_predict(parameters: Tensors, task: Tensors) -> torch.Tensor:
    classes = set_pool(parameters, "intra_setpool", task["images"])
    dataset = set_pool(parameters, "inter_setpool", classes[None])
    student = linear(parameters, "arch_encoder.2", F.relu(linear(parameters, "arch_encoder.0", task["codes"])))
    joined = torch.cat([dataset.expand(len(student), -1), student], dim=1)
    return linear(parameters, "pred_fc.2", torch.tanh(linear(parameters, "pred_fc.0", joined))).squeeze(1)


def metad2a_loss(parameters: Tensors, tasks: list[Tensors]) -> torch.Tensor:
    return torch.stack([F.mse_loss(metad2a_predict(parameters, task), task["accuracies"]) for task in tasks]).mean()


def tans_parameters(draws: Draws) -> Tensors:
    return (drawn_linear(draws, "enc_q.fc", DIMENSIONS, FEATURES)
            | drawn_linear(draws, "enc_m.fc", DIMENSIONS, CODE + CHANNELS)
            | drawn_linear(draws, "predictor.fc", 1, 2 * DIMENSIONS))


def tans_points(parameters: Tensors, task: Tensors) -> tuple[torch.Tensor, torch.Tensor]:
    query = F.normalize(linear(parameters, "enc_q.fc", task["images"].flatten(0, 1)).mean(dim=0), dim=0)
    whole = F.normalize(torch.cat([task["codes"], task["maps"].mean(dim=(2, 3))], dim=1))
    return query, F.normalize(linear(parameters, "enc_m.fc", whole))


def tans_predict(parameters: Tensors, task: Tensors) -> torch.Tensor:
    query, networks = tans_points(parameters, task)
    joined = torch.cat([query.expand(len(networks), -1), networks], dim=1)
    return torch.sigmoid(linear(parameters, "predictor.fc", joined)).squeeze(1)


def tans_contrast(queries: torch.Tensor, networks: torch.Tensor) -> torch.Tensor:
    """One network a dataset, in both directions; every dataset counts, its own with a cosine of zero."""
    cosines = networks @ queries.T
    own = cosines.diag()
    others = cosines - own.diag()
    return F.relu(others + MARGIN - own[:, None]).sum() + F.relu(others + MARGIN - own[None, :]).sum()


def tans_loss(parameters: Tensors, tasks: list[Tensors]) -> torch.Tensor:
    points = [tans_points(parameters, task) for task in tasks]
    queries = torch.stack([query for query, _ in points])
    contrast = torch.stack([tans_contrast(queries, torch.stack([networks[student] for _, networks in points]))
                            for student in range(STUDENTS)]).mean()
    errors = [F.mse_loss(tans_predict(parameters, task), task["accuracies"]) for task in tasks]
    return contrast + torch.stack(errors).mean()


def drawn_task(draws: Draws, classes: int) -> Tensors:
    codes = draws.uniform(STUDENTS, CODE).round()
    codes[:, 0] = 1
    return {"images": draws.uniform(classes, IMAGES, FEATURES), "codes": codes,
            "maps": draws.normal(STUDENTS, CHANNELS, 2, 2).clamp(min=0),
            "accuracies": draws.uniform(STUDENTS, low=0.3, high=0.8)}


def case(name: str, seed: int, drawn, predict, loss_of) -> Golden:
    draws = Draws(seed)
    stored = prefixed("parameters", drawn(draws))
    for number, classes in enumerate(CLASSES):
        stored |= prefixed(f"task{number}", drawn_task(draws, classes))

    def compute(values: Tensors) -> Tensors:
        tasks = [without(f"task{number}", values) for number in range(len(CLASSES))]
        parameters = leaves(without("parameters", values))
        results = {f"task{number}.predictions": predict(parameters, task) for number, task in enumerate(tasks)}
        optimizer = torch.optim.Adam(parameters.values(), ADAM_RATE)
        losses = []
        for step in range(ADAM_STEPS):
            optimizer.zero_grad()
            loss = loss_of(parameters, tasks)
            loss.backward()
            if step == 0:
                results |= prefixed("gradient", {
                    name: value.grad.clone() for name, value in parameters.items() if has_gradient(name)})
            optimizer.step()
            losses.append(loss.detach())
        after = {name: value for name, value in parameters.items() if has_gradient(name)}
        return results | {"losses": torch.stack(losses)} | prefixed("after", after)

    return Golden(name, stored, compute, {
        "seed": seed, "features": FEATURES, "code": CODE, "channels": CHANNELS, "latent": LATENT, "hidden": HIDDEN,
        "dimensions": DIMENSIONS, "heads": HEADS, "margin": MARGIN, "tasks": len(CLASSES),
        "optimizer": {"kind": "adam", "rate": ADAM_RATE, "steps": ADAM_STEPS}})


def metad2a() -> Golden:
    return case("metad2a", 15, metad2a_parameters, metad2a_predict, metad2a_loss)


def tans() -> Golden:
    return case("tans", 16, tans_parameters, tans_predict, tans_loss)
