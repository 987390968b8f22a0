using Engine.Kernels;

namespace Engine.Core.Optim;

/// <summary>An optimiser whose step size depends on the number of updates made.</summary>
/// <param name="Inner">What updates with that step size.</param>
/// <param name="Schedule">
/// The step size without axes, from the updates made so far (Int32 without axes) and the element type wanted: see
/// <see cref="Schedules"/>.
/// </param>
public sealed record ScheduledOptimiser(Optimiser Inner, Func<Tensor, ElementType, Tensor> Schedule) : Optimiser(Inner.LearningRate)
{
    /// <inheritdoc/>
    public override int SlotsPerParameter => Inner.SlotsPerParameter;

    /// <inheritdoc/>
    public override (Tensor[] Parameters, OptimiserState State) Update(
        IReadOnlyList<Tensor> parameters, IReadOnlyList<Tensor> gradients, OptimiserState state, Tensor? learningRate = null)
        => Inner.Update(parameters, gradients, state, learningRate ?? Schedule(state.Step, parameters[0].Type));
}
