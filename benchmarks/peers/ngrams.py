"""The peer of `benchmarks/text.py`: scikit-learn's hashed character n-grams and a linear model, one call per post.

Orders and answers are lines of JSON: a list of posts is kept and answered with the version; `"round"` scores each by itself and
answers with the seconds of processor time it took.
"""

import json
import sys
import time
from importlib import import_module


def main() -> None:
    """Answer orders until there are no more."""
    features, linear = import_module("sklearn.feature_extraction.text"), import_module("sklearn.linear_model")
    vectorizer = features.HashingVectorizer(
        analyzer="char_wb", ngram_range=(3, 5), n_features=2**18, alternate_sign=False
    )
    classifier = linear.SGDClassifier(random_state=0)
    texts: list[str] = []
    for line in sys.stdin:
        order = json.loads(line)
        if order == "round":
            started = time.process_time()
            for post in texts:
                classifier.decision_function(vectorizer.transform([post]))
            answer = {"seconds": time.process_time() - started}
        else:
            texts = order
            classifier.fit(vectorizer.transform(texts[:200]), [n % 2 for n in range(len(texts[:200]))])
            answer = {"version": import_module("sklearn").__version__}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
