using Engine.Core;
using Engine.Core.Autodiff;
using Engine.RL.Meta;

namespace Engine.RL.Studies;

/// <summary>Meta-gradients of an inner loop whose updates and whose validation draw from keys of their own.</summary>
/// <param name="Steps">The numbers of inner steps.</param>
internal sealed record CrossedRollouts(IReadOnlyList<int> Steps) : IPointFunction<(Key Key, Key Validation), Tensor>
{
    /// <returns>[numbers of steps x count].</returns>
    public Tensor At<TParameters, TState, TRollout>(
        MetaPoint<TParameters, TState, TRollout> point, (Key Key, Key Validation) row)
    {
        var points = InnerLoop.Unroll(
            point.Problem(point.Eta), point.Start, row.Key, Steps.Max(), new(FreshValidation: true, ValidationKey: row.Validation));
        return Tensor.Concatenate(0, [.. Steps.Select(n => Gradient.Of(points[n - 1].OuterLoss, point.Eta))]);
    }
}
