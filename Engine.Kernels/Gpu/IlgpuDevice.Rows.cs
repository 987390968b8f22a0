using System.Numerics;
using System.Runtime.CompilerServices;
using Engine.Kernels.Bodies;
using Engine.Kernels.Functions;
using Engine.Kernels.Fusion;
using Engine.Kernels.Gpu.Convolutions;
using Engine.Kernels.Gpu.Reductions;
using Engine.Kernels.Gpu.Rows;
using Engine.Kernels.Memory;
using Engine.Kernels.Rows;
using ILGPU.Runtime.OpenCL;
using Buffer = Engine.Kernels.Memory.Buffer;

namespace Engine.Kernels.Gpu;

// What commands do for a row, and loops over rows.
internal sealed partial class IlgpuDevice
{
    // To compare: with ENGINE_ROW_LOOPS=0 in the environment every command stays by itself.
    private static readonly bool s_hasLoops = Environment.GetEnvironmentVariable("ENGINE_ROW_LOOPS") != "0";

    // OpenCL devices are processors here: to give commands costs them little, and to compile a loop takes PoCL many minutes.
    private static bool NotesRows
        => s_hasLoops && Recording.Current is { WantsRows: true, Device: IlgpuDevice { _card.Accelerator: not CLAccelerator } };

    /// <inheritdoc/>
    internal override Command Loop(IReadOnlyList<Command> commands, int stages, int rows)
    {
        RowStep[] steps = [.. commands.Chunk(stages).Select(StepOf)];
        return steps[0].Loop(new RowLoopMaker(this, commands, rows), steps);

        RowStep StepOf(Command[] step)
            => step.Reverse().Aggregate((RowStep?)null, (others, command) => ((RowStage)command.Rows!).Before(others, rows))!;
    }

    // A row is some neighbouring indices.
    private static RowStage? RowsOf<TBody>(TBody body, int count, int parts, Buffer? shared = null)
        where TBody : struct, IBody
        => parts == 0 || !NotesRows ? null : new RowStage<BodyStage<TBody>>(parts, rows => new(body, count / rows), AllBut(shared));

    // Of all buffers but some a row has its own part; it may read all of these.
    private static Func<Use, Use, int, bool> AllBut(params ReadOnlySpan<Buffer?> shared)
    {
        var whole = new HashSet<Use>();
        foreach (var buffer in shared)
        {
            if (buffer is not null)
                whole.Add(Use.Of(buffer, Access.Read));
        }

        return (use, written, rows) => !whole.Contains(use) && use.Covers(written) && use.Bytes % rows == 0;
    }

    // A row is some neighbouring runs of the innermost loop's body; where it meets an operand depends on the loops.
    private static RowStage? RowsOf<TBody>(
        TBody body, Loops loops, int elementBytes, params ReadOnlySpan<(Buffer Buffer, Access Access, int Start)> operands)
        where TBody : struct, IBody
    {
        if (!NotesRows || loops.Sizes.Length > Nest.MostLoops)
            return null;
        var uses = new (Use Use, int Start)[operands.Length];
        for (int i = 0; i < uses.Length; i++)
            uses[i] = (Use.Of(operands[i].Buffer, operands[i].Access), operands[i].Start);
        return new RowStage<BodyStage<TBody>>(loops.Count, rows => new(body, loops.Count / rows), IsApart);

        bool IsApart(Use use, Use written, int rows)
            => uses.Index().All(
                other => other.Item.Use != use
                    || loops.IsApart(
                        other.Index, ((use.Start - written.Start) / elementBytes) + other.Item.Start, written.Bytes / elementBytes, rows));
    }

    private static RowStage? RowsOf<T>(MatMulShape shape, View<T> results, View<T> a, View<T> b, View<T> bias, Buffer right, Buffer? first)
        where T : unmanaged, INumber<T>
    {
        int parts = shape.Batch * shape.Rows;
        bool isOneAfterTheOther = !shape.TransposeA && (shape.Batch == 1 || shape.BatchStrideA == shape.Rows * shape.Inner);
        if (!isOneAfterTheOther || shape.Columns == 0 || parts == 0 || !NotesRows)
            return null;
        return new RowStage<MatMulStage<T>>(
            parts, rows => new(shape, parts / rows, RowLoopKernel.ThreadsOf(rows), results, a, b, bias), AllBut(right, first));
    }

    private static RowStage? RowsOf<TSource, TWeights, TResult, T>(
        ConvolutionShape shape, bool pooled, TSource source, Func<ConvolutionPlan, TWeights> weights, TResult result, Buffer?[] shared)
        where TSource : struct, IConvolutionSource<T>
        where TWeights : struct, IConvolutionWeights<T>
        where TResult : struct, IConvolutionResult<T>
        where T : unmanaged, INumber<T>
    {
        if (!NotesRows || PlanFor(1) is null)
            return null;
        return new RowStage<ConvolutionStage<TSource, TWeights, TResult, T>>(shape.Members * shape.Batch, Cut, AllBut(shared));

        ConvolutionPlan? PlanFor(int rows)
            => ConvolutionPlan.ForEach(shape, pooled, RowLoopKernel.ThreadsOf(rows), RowLoopKernel.WeightRoom<T>());

        ConvolutionStage<TSource, TWeights, TResult, T> Cut(int rows)
        {
            var plan = PlanFor(rows)!;
            return new(new(plan, source, weights(plan), result), plan.Groups / rows);
        }
    }

    // Some neighbouring results; the grid is that of one row.
    private static RowStage? RowsOf<TReducer, TArity, TEnd, V, T>(
        Func<ReduceGrid, ReduceKernel<TReducer, TArity, TEnd, OneThread, V, T>> kernel, Loops kept, Loops reduced, Ending<TEnd> ending,
        Buffer destination, Buffer[] operands)
        where TReducer : struct, IReducer
        where TArity : struct, IArity
        where TEnd : struct, IArity
        where V : unmanaged, ILanes<V, T>
        where T : unmanaged
    {
        if (!NotesRows || kept.Sizes.Length > Nest.MostLoops)
            return null;
        var to = Use.Of(destination, Access.Write);
        Use[] own = [.. operands.Take(TArity.Operands).Select(operand => Use.Of(operand, Access.Read))];
        Use[] ends = [.. ending.Operands.Select(operand => Use.Of(operand, Access.Read))];
        return new RowStage<ReduceStage<TReducer, TArity, TEnd, V, T>>(kept.Count, Cut, IsApart);

        ReduceGrid GridOf(int rows) => new(kept.Count / rows, reduced.Count, IsAcross(kept, reduced));

        ReduceStage<TReducer, TArity, TEnd, V, T> Cut(int rows)
        {
            var grid = GridOf(rows);
            return new(kernel(grid), grid.Results, grid.Groups);
        }

        bool IsApart(Use use, Use written, int rows)
        {
            long start = (use.Start - written.Start) / Unsafe.SizeOf<T>(), length = written.Bytes / Unsafe.SizeOf<T>();
            return GridOf(rows).Pieces == 1
                && (use != to || (use.Covers(written) && use.Bytes % rows == 0))
                && own.Index().All(operand => operand.Item != use || Reaches(operand.Index))
                && ends.Index().All(operand => operand.Item != use || operand.Index == ending.Place
                    || ending.Loops.IsApart(operand.Index + 1, start, length, rows));

            bool Reaches(int operand)
                => reduced.Reach(operand + 1) is { } reach && kept.IsApart(operand + 2, start, length, rows, reach);
        }
    }

    private sealed class RowLoopMaker(IlgpuDevice device, IReadOnlyList<Command> commands, int rows) : IRowLoopMaker
    {
        /// <inheritdoc/>
        public Command Make<TStep>(long[] steps, int count)
            where TStep : struct, IRowStage
            => TStep.IsDouble ? Make<TStep, double>(steps, count) : Make<TStep, float>(steps, count);

        private GroupCommand<RowLoopKernel<TStep, T>> Make<TStep, T>(long[] steps, int count)
            where TStep : struct, IRowStage
            where T : unmanaged, INumber<T>
        {
            var kernel = new RowLoopKernel<TStep, T>(new View<long>(device.Listed(steps).Address, steps.Length), count);
            return new(device, kernel, rows, RowLoopKernel.ThreadsOf(rows))
            {
                Operations = commands.Sum(command => command.Operations),
                Bytes = commands.Sum(command => command.Bytes),
            };
        }
    }
}
