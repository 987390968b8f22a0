using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Kernels;

namespace Engine.Tests.Core;

/// <summary>A recurrence drawn at random: one or two loops of a few operations on rows, on columns, or on both.</summary>
/// <param name="seed">What it is drawn from.</param>
/// <param name="start">What it begins with.</param>
internal sealed class RandomSteps(int seed, RandomSteps.Start start)
{
    private readonly Random _random = new(seed + 1000);
    private readonly List<Tensor> _kept = [];

    /// <summary>What it begins with.</summary>
    /// <param name="X">[rows, columns].</param>
    /// <param name="Y">[rows, columns].</param>
    /// <param name="Weights">[columns, columns].</param>
    /// <param name="Column">A number for each column.</param>
    /// <param name="Row">A number for each row.</param>
    /// <param name="Key">A key for all rows.</param>
    /// <param name="Keys">A key for each row.</param>
    public sealed record Start(Tensor X, Tensor Y, Tensor Weights, Tensor Column, Tensor Row, Key Key, Key Keys);

    /// <summary>A beginning.</summary>
    public static Start StartOf(Key key, int rows, int columns, ElementType type)
        => new(
            Tensor.Normal(key.Fold(0), [rows, columns], type: type), Tensor.Normal(key.Fold(1), [rows, columns], type: type),
            Tensor.Normal(key.Fold(2), [columns, columns], type: type), Tensor.Normal(key.Fold(3), [columns], type: type),
            Tensor.Normal(key.Fold(4), [rows], type: type), key.Fold(5), key.Fold(6).Split(rows));

    /// <summary>All that it gives.</summary>
    public Tensor[] Run()
    {
        if (_random.Next(3) > 0)
            return [Forward(start.X, start.Weights), .. _kept];
        var (value, gradients) = Gradient.ValueAndGradient(inputs => Forward(inputs[0], inputs[1]), new[] { start.X, start.Weights });
        return [value, .. gradients, .. _kept];
    }

    private Tensor Forward(Tensor x, Tensor weights)
    {
        var state = new State { X = x, Y = start.Y, Column = start.Column, Row = start.Row };
        int loops = _random.Next(1, 3);
        for (int loop = 0; loop < loops; loop++)
        {
            int steps = _random.Next(4, 8), keptEvery = _random.Next(1, 7);
            int[] operations = [.. Enumerable.Range(0, _random.Next(1, 6)).Select(_ => _random.Next(State.Operations))];
            for (int step = 0; step < steps; step++)
            {
                foreach (int operation in operations)
                    state.Apply(operation, weights, start.Key.Fold((loop * 100) + step), start.Keys.Fold((loop * 100) + step));
                if (step % keptEvery == 0)
                    _kept.Add(state.X);
            }

            if (_random.Next(2) == 0)
                state.X += state.X.Sum(true, 0) * 0.1;
        }

        _kept.AddRange([state.X, state.Y, state.Column, state.Row]);
        return state.X.Square().Sum() + (state.Row.Square().Sum() * 0.1) + state.Column.Sum();
    }

    private sealed class State
    {
        public const int Operations = 24;

        public required Tensor X { get; set; }

        public required Tensor Y { get; set; }

        public required Tensor Column { get; set; }

        public required Tensor Row { get; set; }

        public void Apply(int operation, Tensor weights, Key key, Key keys)
        {
            var type = X.Type;
            int rows = X.Shape[0], columns = X.Shape[1], half = columns / 2;
            switch (operation)
            {
                case 0: X = X.MatMul(weights).Tanh(); break;
                case 1: X = X.LogSoftmax() * 0.3; break;
                case 2: X += Tensor.Normal(key, [columns], type: type) * 0.1; break;
                case 3: (X, Y) = ((Y * 0.5) + X.Sin(), X); break;
                case 4: Column = (Column * 0.9).Tanh() + 0.1; break;
                case 5: X = X.Tanh() * Column; break;
                case 6: Row += X.Sum(1) * 0.1; break;
                case 7: X *= Row.Unsqueeze(1).Tanh(); break;
                case 8: X = Tensor.Concatenate(1, X[.., half..].Exp().Tanh(), Y[.., ..half]); break;
                case 9: Y = X[.., 1..].Pad([0, 1], [0, 0]) + (Y * 0.5); break;
                case 10: X = X.MatMul(Tensor.Normal(key, [columns, columns], type: type) * 0.2).Tanh(); break;
                case 11: X -= X.Max(true, 1) * 0.5; break;
                case 12: Row = Tensor.Uniform(key, [rows], type: type) * Row.Tanh(); break;
                case 13: X += Batch.Map(own => Tensor.Normal(own, [columns], type: type), keys) * 0.1; break;
                case 14: X = X.Take(1, Tensor.Range(columns, ElementType.Int32, X.Device)) * 0.9; break;
                case 15: Y = Y.Exp().Tanh() - (X.ArgMax(1).Unsqueeze(1).Cast(type) * 0.1); break;
                case 16: X = Tensor.ReverseScan(X.Tanh(), Y.Tanh(), init: Column).Tanh(); break;
                case 17: X = X.Transpose().LogSoftmax().Transpose().Tanh(); break;
                case 18: X *= Column[0]; break;
                case 19: X = X.Reshape(rows, 1, columns).BroadcastTo([rows, 2, columns]).Sum(1).Tanh(); break;
                case 20: Column = Column.LogSoftmax().Exp() * Tensor.Normal(key, [columns], type: type); break;
                case 21: X = X.Reshape(rows * half, 2).LogSoftmax().Reshape(rows, columns); break;
                case 22:
                    var both = Tensor.Concatenate(0, X, Y);
                    (X, Y) = (both[rows..].Tanh(), both[..rows].Sin());
                    break;
                default: Row = Row.Reshape(rows, 1).MatMul(Column.Reshape(1, columns)).Tanh().Sum(1); break;
            }
        }
    }
}
