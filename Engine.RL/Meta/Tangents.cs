using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Core.Optim;
using Engine.Kernels;

namespace Engine.RL.Meta;

/// <summary>
/// Derivatives in the meta-parameters of where a learner has come to: trees like its parameters and its optimiser's state, [count, ...]
/// each.
/// </summary>
/// <typeparam name="TParameters">What is learned.</typeparam>
/// <param name="Parameters">d theta / d eta.</param>
/// <param name="Optimiser">Those of the optimiser's state; what has no derivative is as it is.</param>
public sealed record Tangents<TParameters>(TParameters Parameters, OptimiserState<TParameters> Optimiser);

/// <summary>How tangents are carried forward.</summary>
internal static class Tangents
{
    /// <summary>Those of a learner that does not depend on meta-parameters yet: zeros.</summary>
    public static Tangents<TParameters> Initial<TParameters, TState>(InnerState<TParameters, TState> start, int count)
    {
        return new(Zeros(start.Parameters), Zeros(start.Optimiser));

        T Zeros<T>(T like) => Tree.Map(like, x => x.Type.IsFloat() ? Tensor.Zeros([count, .. x.Shape], x.Type, x.Device) : x);
    }

    /// <summary>Carries tangents over an update.</summary>
    /// <param name="eta">Meta-parameters, [count].</param>
    /// <param name="losses">Scalars whose derivatives are wanted too.</param>
    /// <param name="moved">What the update has made.</param>
    /// <param name="from">What it began with.</param>
    /// <param name="along">The tangents of that.</param>
    /// <returns>The losses' derivatives, [count] each, and the tangents of what the update has made.</returns>
    public static (Tensor[] Slopes, Tangents<TParameters> Tangents) Forward<TParameters>(
        Tensor eta,
        Tensor[] losses,
        (TParameters Parameters, OptimiserState<TParameters> State) moved,
        (TParameters Parameters, OptimiserState<TParameters> State) from,
        Tangents<TParameters> along)
    {
        var units = Tensor.Range(eta.Count, ElementType.Int32, eta.Device).OneHot(eta.Count, eta.Type);
        var (ins, outs) = (Floats(from), Floats(moved));
        var (slopes, moving) = Batch.Map(
            x => Gradient.Jvp((losses, outs), (ins, eta), (x.Along, x.Unit)), (Along: Floats(along), Unit: units));
        int next = 0;
        var (parameters, state) = Tree.Map(moved, x => x.Type.IsFloat() ? moving[next++] : x);
        return (slopes, new(parameters, state));
    }

    // Integers, such as Adam's count, have no tangent.
    private static Tensor[] Floats<T>(T tree) => [.. Tree.Leaves(tree).Where(x => x.Type.IsFloat())];
}
