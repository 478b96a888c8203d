"""Expression from open chromatin under a network of one hidden layer, as it was published."""

from neural.expression_mlp.regressor import ExpressionMlp, PooledExpressionMlp

__all__ = ["ExpressionMlp", "PooledExpressionMlp"]
