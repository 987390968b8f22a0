using Engine.Kernels;
using Engine.Kernels.Functions;

namespace Engine.Core.Operations;

/// <summary>
/// p + m s r: parameters p after an update of Adam, with m the first moment, s the scale and r the rate, which is negative to descend.
/// Inputs are m, the second moment, s, r and p. The first three are results of <see cref="LinearCombination"/>,
/// <see cref="SquareCombination"/> and <see cref="AdamScale"/> for the same gradient; they are computed in the same pass, and so need
/// only be promised. Derivatives go through them as if they had been computed by themselves.
/// </summary>
public sealed record AdamUpdate : Operation
{
    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x)
    {
        var (first, scale, slope) = (x[0], x[2], g * x[3]);
        return [slope * scale, null, slope * first, g * (first * scale), g];
    }

    /// <inheritdoc/>
    protected override (ElementType Type, Shape Shape) Infer(Tensor[] x)
    {
        var (first, second, scale) = (x[0], x[1], x[2]);
        if (first.Operation is not LinearCombination || second.Operation is not SquareCombination || scale.Operation is not AdamScale
            || first.Inputs[1] != second.Inputs[1] || scale.Inputs[0].Buffer != second.Buffer)
        {
            throw Error("needs both moments of one gradient, and the scale that belongs to them");
        }

        var shape = Broadcasting.Common(this, x);
        return first.Shape == shape && second.Shape == shape && scale.Shape == shape
            ? (SameFloatType(x), shape)
            : throw Error($"moments {first.Shape} and {second.Shape} and their scale {scale.Shape} must have the result's shape, {shape}");
    }

    /// <inheritdoc/>
    protected override void Compute(Tensor y, Tensor[] x)
    {
        var (first, second, scale, rate, parameter) = (x[0], x[1], x[2], x[3], x[4]);
        var (p, q, s) = ((LinearCombination)first.Operation!, (SquareCombination)second.Operation!, (AdamScale)scale.Operation!);
        var function = new AdamFunction(new(p.P, p.Q), new(q.P, q.Q), new(s.Epsilon, s.EpsilonRoot));
        Tensor[] from = [first.Inputs[1], first.Inputs[0], second.Inputs[0], parameter, rate, scale.Inputs[1]];
        y.Device.Update(
            y.Type,
            function,
            Broadcasting.Loops(y, from),
            (scale.Buffer, first.Buffer, second.Buffer, y.Buffer),
            (from[0].Buffer, from[1].Buffer, from[2].Buffer, from[3].Buffer),
            from[4].Buffer,
            from[5].Buffer);
        foreach (var promised in x[..3])
            TensorScope.Check(promised.Operation!, promised, promised.Inputs);
    }
}
