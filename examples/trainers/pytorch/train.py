"""Trains a small PyTorch network on the digits of scikit-learn, with the parameters of one trial."""
import json, sys, torch
from sklearn.datasets import load_digits

task = json.loads(sys.stdin.readline())
p = task["parameters"]
torch.manual_seed(task["seed"])
torch.use_deterministic_algorithms(True)

images, labels = load_digits(return_X_y=True)
x, y = torch.tensor(images / 16, dtype=torch.float32), torch.tensor(labels)
x_train, y_train, x_validation, y_validation = x[:1200], y[:1200], x[1200:], y[1200:]
model = torch.nn.Sequential(
    torch.nn.Linear(64, p["hidden"]), torch.nn.ReLU(), torch.nn.Linear(p["hidden"], 10))
optimizer = torch.optim.Adam(model.parameters(), p["learning_rate"], weight_decay=p["weight_decay"])

first = 0
if task["from"]:  # continue from an earlier step, which another machine may have trained
    first, saved = task["from"]["step"], torch.load(task["from"]["state"])
    model.load_state_dict(saved["model"])
    optimizer.load_state_dict(saved["optimizer"])
    torch.set_rng_state(saved["random"])

for epoch in range(first + 1, task["to"] + 1):
    for batch in torch.randperm(1200).split(100):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(x_train[batch]), y_train[batch]).backward()
        optimizer.step()
    with torch.no_grad():
        scores = model(x_validation)
    loss, correct = torch.nn.functional.cross_entropy(scores, y_validation), scores.argmax(1) == y_validation
    if not loss.isfinite():
        print(json.dumps({"diverged": epoch}))
        sys.exit()
    metrics = {"validation_accuracy": correct.double().mean().item(), "validation_loss": loss.item()}
    print(json.dumps({"step": epoch, "metrics": metrics}))

torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(),
            "random": torch.get_rng_state()}, "out/state.pt")
print(json.dumps({"done": task["to"], "metrics": metrics, "state": "out/state.pt",
                  "correct": "".join(str(int(right)) for right in correct)}))
