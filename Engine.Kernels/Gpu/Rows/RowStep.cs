using System.Runtime.CompilerServices;

namespace Engine.Kernels.Gpu.Rows;

/// <summary>The stages of a step, composed as types: put together from the last one to the first.</summary>
internal abstract class RowStep
{
    /// <summary>The step with one stage more.</summary>
    public abstract RowStep After<TStage>(TStage first)
        where TStage : struct, IRowStage;

    /// <summary>The loop whose first step this is.</summary>
    /// <param name="maker">Makes the command.</param>
    /// <param name="steps">All steps, of the same stages.</param>
    public abstract Command Loop(IRowLoopMaker maker, IReadOnlyList<RowStep> steps);
}

/// <inheritdoc/>
internal sealed class RowStep<TStep>(TStep stages) : RowStep
    where TStep : struct, IRowStage
{
    private readonly TStep _stages = stages;

    /// <inheritdoc/>
    public override RowStep After<TStage>(TStage first) => new RowStep<Then<TStage, TStep>>(new(first, _stages));

    /// <inheritdoc/>
    public override Command Loop(IRowLoopMaker maker, IReadOnlyList<RowStep> steps)
    {
        int length = RowLoopKernel.LengthOf<TStep>();
        long[] memory = new long[length * steps.Count];
        for (int i = 0; i < steps.Count; i++)
            Unsafe.As<long, TStep>(ref memory[i * length]) = ((RowStep<TStep>)steps[i])._stages;
        return maker.Make<TStep>(memory, steps.Count);
    }
}

/// <summary>Makes the command of a loop.</summary>
internal interface IRowLoopMaker
{
    /// <summary>The command of a loop.</summary>
    /// <param name="steps">The steps, one after the other.</param>
    /// <param name="count">The number of steps.</param>
    Command Make<TStep>(long[] steps, int count)
        where TStep : struct, IRowStage;
}
