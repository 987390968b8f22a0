using Engine.Core;
using Engine.Core.Autodiff;
using Engine.RL.Meta;

namespace Engine.RL.Studies;

/// <summary>
/// Meta-gradients of an inner loop whose updates and whose validation draw from keys of their own: nothing of the one's chance is in the
/// other, but by the parameters.
/// </summary>
/// <param name="Steps">The numbers of inner steps.</param>
internal sealed record CrossedRollouts(IReadOnlyList<int> Steps) : IPointFunction<(Key Key, Key Validation), Tensor>
{
    /// <returns>[numbers of steps x count].</returns>
    public Tensor At<TParameters, TState, TRollout>(
        MetaPoint<TParameters, TState, TRollout> point, (Key Key, Key Validation) row)
    {
        var problem = point.Problem(point.Eta);
        var points = InnerLoop.Unroll(problem, point.Start, row.Key, Steps.Max());
        return Tensor.Concatenate(0, [.. Steps.Select(n => Gradient.Of(OuterLoss(points[n - 1].State.Parameters), point.Eta))]);

        // From where the loop began: where its rollouts have come to would be theirs, not the validation's.
        Tensor OuterLoss(TParameters theta)
            => problem.Losses(theta, problem.Sample(theta, point.Start.Sampling, row.Validation).Rollout).Outer;
    }
}
