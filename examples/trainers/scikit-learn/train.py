"""Trains a support vector machine on the digits of scikit-learn, with the parameters of one trial."""
import json, sys
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC

task = json.loads(sys.stdin.readline())
images, labels = load_digits(return_X_y=True)
# The same split for all trials: only then can they be compared record by record.
x_train, x_validation, y_train, y_validation = train_test_split(
    images, labels, test_size=600, random_state=0, stratify=labels)
model = SVC(random_state=task["seed"], **task["parameters"]).fit(x_train, y_train)
correct = model.predict(x_validation) == y_validation
print(json.dumps({"done": task["to"], "metrics": {"validation_accuracy": float(correct.mean())},
                  "correct": "".join(str(int(right)) for right in correct)}))
