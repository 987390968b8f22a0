using Engine.Kernels.Rows;

namespace Engine.Kernels.Gpu.Rows;

/// <summary>A command's work as a stage of a loop.</summary>
/// <param name="parts">See <see cref="RowWork.Parts"/>.</param>
internal abstract class RowStage(int parts) : RowWork(parts)
{
    /// <summary>A step with this stage before its others.</summary>
    /// <param name="others">They; null for none.</param>
    /// <param name="rows">The number of rows.</param>
    public abstract RowStep Before(RowStep? others, int rows);
}

/// <inheritdoc/>
/// <param name="parts">See <see cref="RowWork.Parts"/>.</param>
/// <param name="cut">The stage for so many rows.</param>
/// <param name="isApart">See <see cref="RowWork.IsApart"/>.</param>
internal sealed class RowStage<TStage>(int parts, Func<int, TStage> cut, Func<Use, Use, int, bool> isApart) : RowStage(parts)
    where TStage : struct, IRowStage
{
    /// <inheritdoc/>
    public override Type Kind => typeof(TStage);

    /// <inheritdoc/>
    public override bool IsApart(Use use, Use written, int rows) => isApart(use, written, rows);

    /// <inheritdoc/>
    public override RowStep Before(RowStep? others, int rows)
    {
        var stage = cut(rows);
        return others?.After(stage) ?? new RowStep<Last<TStage>>(new(stage));
    }
}
