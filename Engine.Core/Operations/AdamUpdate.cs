using Engine.Kernels;
using Engine.Kernels.Functions;

namespace Engine.Core.Operations;

/// <summary>
/// An update of Adam in one pass: from a gradient g, the moments m and v, parameters p, a rate r that is negative to descend and the
/// correction c of the second moment it makes p + m' s r, m', v' and s, where m' is the <see cref="LinearCombination"/> of m and g, v'
/// the <see cref="SquareCombination"/> of v and g, and s the <see cref="AdamScale"/> of v' and c. Rate and correction broadcast.
/// </summary>
/// <param name="Beta1">How much of the first moment is kept.</param>
/// <param name="Beta2">How much of the second moment is kept.</param>
/// <param name="Epsilon">Added to the root.</param>
/// <param name="EpsilonRoot">Added under the root.</param>
/// <param name="DetachDenominator">Whether the scale is a constant in the second moment.</param>
internal sealed record AdamUpdate(double Beta1, double Beta2, double Epsilon, double EpsilonRoot, bool DetachDenominator) : Primitive
{
    /// <inheritdoc/>
    public override Tensor?[] VjpAll(Tensor?[] g, Tensor[] y, Tensor[] x, bool[] wanted)
    {
        // Each of the functions in turn, the last first.
        var (gradient, rate, correction, first, scale) = (x[0], x[4], x[5], y[1], y[3]);
        var second = DetachDenominator ? y[2].StopGradient() : y[2];
        Tensor? firstBar = g[1], secondBar = g[2], scaleBar = g[3], rateBar = null, correctionBar = null;
        if (g[0] is { } updated)
        {
            var slope = updated * rate;
            rateBar = updated * (first * scale);
            firstBar = Sum(firstBar, slope * scale);
            scaleBar = Sum(scaleBar, slope * first);
        }

        if (scaleBar is not null)
        {
            var slope = scaleBar * new AdamScaleSlope(Epsilon, EpsilonRoot).Apply(second, correction);
            if (!DetachDenominator)
                secondBar = Sum(secondBar, slope * correction);
            correctionBar = slope * second;
        }

        var (old, throughSecond) = secondBar is null
            ? (null, null)
            : (secondBar * Beta2, new ScaledProduct(2 * (1 - Beta2)).Apply(secondBar, gradient));
        return
        [
            Sum(throughSecond, firstBar is null ? null : firstBar * (1 - Beta1)),
            firstBar is null ? null : firstBar * Beta1,
            old,
            g[0],
            rateBar,
            correctionBar,
        ];
    }

    /// <inheritdoc/>
    protected override Tensor[] BatchedAll(BatchedInputs x)
    {
        int rank = x.Shape(3).Rank;
        return ApplyAll(x.Whole(0), x.Whole(1), x.Whole(2), x.Whole(3), x.Aligned(4, rank), x.Aligned(5, rank));
    }

    /// <inheritdoc/>
    protected override (ElementType Type, Shape Shape)[] InferAll(Tensor[] x)
    {
        var (type, shape) = (SameFloatType(x), Broadcasting.Common(this, x));
        if (Array.Exists(x[..4], each => each.Shape != shape))
        {
            throw Error(
                $"gradient {x[0].Shape}, moments {x[1].Shape} and {x[2].Shape} and parameters {x[3].Shape} must have one shape, to which "
                + $"rate {x[4].Shape} and correction {x[5].Shape} broadcast");
        }

        return [(type, shape), (type, shape), (type, shape), (type, shape)];
    }

    /// <inheritdoc/>
    protected override void ComputeAll(Tensor[] y, Tensor[] x)
        => y[0].Device.Update(
            y[0].Type,
            new AdamFunction(new(Beta1, 1 - Beta1), new(Beta2, 1 - Beta2), new(Epsilon, EpsilonRoot)),
            Broadcasting.Loops(y[0], x),
            (y[3].Buffer, y[1].Buffer, y[2].Buffer, y[0].Buffer),
            (x[0].Buffer, x[1].Buffer, x[2].Buffer, x[3].Buffer),
            x[4].Buffer,
            x[5].Buffer);

    private static Tensor? Sum(Tensor? a, Tensor? b) => a is null ? b : b is null ? a : a + b;
}
