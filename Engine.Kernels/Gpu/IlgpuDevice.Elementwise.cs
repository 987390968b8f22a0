using System.Numerics;
using System.Runtime.CompilerServices;
using Engine.Kernels.Bodies;
using Engine.Kernels.Functions;
using Engine.Kernels.Memory;
using Buffer = Engine.Kernels.Memory.Buffer;

namespace Engine.Kernels.Gpu;

internal sealed partial class IlgpuDevice
{
    /// <inheritdoc/>
    public override void Update<TFunction>(
        ElementType type,
        TFunction function,
        Loops loops,
        (Buffer A, Buffer B, Buffer C, Buffer D) results,
        (Buffer A, Buffer B, Buffer C, Buffer D) operands,
        Buffer s,
        Buffer t)
    {
        switch (type)
        {
            case ElementType.Float32: UpdateOf<TFunction, Scalar<Float32, float>, float>(function, loops, results, operands, s, t); break;
            case ElementType.Float64: UpdateOf<TFunction, Scalar<Float64, double>, double>(function, loops, results, operands, s, t); break;
            default: throw new ArgumentException($"Update: {type} is not supported, cast to Float32 or Float64.");
        }
    }

    /// <inheritdoc/>
    internal override void CopyOf(
        ElementType type, Loops loops, Buffer destination, int destinationOffset, Buffer source, int sourceOffset)
    {
        if (type.Size() == 8)
            CopyStrided<long>(loops, destination, destinationOffset, source, sourceOffset);
        else
            CopyStrided<int>(loops, destination, destinationOffset, source, sourceOffset);
    }

    /// <inheritdoc/>
    public override void Random<TDistribution>(
        ElementType type, TDistribution distribution, int rows, int columns, Buffer destination, Buffer keys)
    {
        if (rows == 0 || columns == 0)
            return;
        switch (type)
        {
            case ElementType.Float32:
                RandomOf<TDistribution, Uniform32, Scalar<Float32, float>, float>(distribution, rows, columns, destination, keys);
                break;
            case ElementType.Float64:
                RandomOf<TDistribution, Uniform64, Scalar<Float64, double>, double>(distribution, rows, columns, destination, keys);
                break;
            default: throw new ArgumentException($"Random: {type} is not supported, draw Float32 or Float64.");
        }
    }

    /// <inheritdoc/>
    internal override void MapOf<TArity>(
        ElementType type, TArity function, Loops loops, Buffer destination, Buffer x, Buffer y, Buffer z, Buffer w)
    {
        switch (type)
        {
            case ElementType.Float32: MapOf<TArity, Scalar<Float32, float>, float>(function, loops, destination, x, y, z, w); break;
            case ElementType.Float64: MapOf<TArity, Scalar<Float64, double>, double>(function, loops, destination, x, y, z, w); break;
            default: MapOf<TArity, ScalarInt32, int>(function, loops, destination, x, y, z, w); break;
        }
    }

    private void MapOf<TArity, V, T>(TArity function, Loops loops, Buffer destination, Buffer x, Buffer y, Buffer z, Buffer w)
        where TArity : struct, IArity
        where V : struct, ILanes<V, T>
        where T : unmanaged, INumber<T>
    {
        Buffer[] operands = [.. ((ReadOnlySpan<Buffer>)[x, y, z, w])[..TArity.Operands]];
        (Buffer, Access, int)[] uses = [(destination, Access.Write, 0), .. operands.Select(operand => (operand, Access.Read, 0))];
        bool hasQuads = HasQuads(loops, operands);
        foreach (var part in NestParts.Of(loops))
        {
            View<T> to = destination.Write<T>(), from0 = x.Read<T>();
            View<T> from1 = TArity.Operands > 1 ? y.Read<T>() : from0, from2 = TArity.Operands > 2 ? z.Read<T>() : from0;
            View<T> from3 = TArity.Operands > 3 ? w.Read<T>() : from0;
            Strides stride0 = part.Strides(1), stride1 = TArity.Operands > 1 ? part.Strides(2) : stride0;
            Strides stride2 = TArity.Operands > 2 ? part.Strides(3) : stride0, stride3 = TArity.Operands > 3 ? part.Strides(4) : stride0;
            var body = new MapBody<TArity, V, T>(
                function, part.Nest, stride0, stride1, stride2, stride3, to.From(part.Start(0)), from0, from1, from2, from3);
            var rows = RowsOf(body, loops, Unsafe.SizeOf<T>(), uses);
            if (!hasQuads)
            {
                Launch(body, part.Count, rows: rows);
                continue;
            }

            QuadOperand<T> quads0 = Operand(from0, 1), quads1 = TArity.Operands > 1 ? Operand(from1, 2) : quads0;
            QuadOperand<T> quads2 = TArity.Operands > 2 ? Operand(from2, 3) : quads0;
            QuadOperand<T> quads3 = TArity.Operands > 3 ? Operand(from3, 4) : quads0;
            Launch(new MapQuads<TArity, V, T>(function, Quads(to), quads0, quads1, quads2, quads3), part.Count / 4, rows: rows);
        }

        QuadOperand<T> Operand(View<T> view, int number) => new(Quads(view), view, loops.InnerStride(number));
    }

    private void UpdateOf<TFunction, V, T>(
        TFunction function,
        Loops loops,
        (Buffer A, Buffer B, Buffer C, Buffer D) results,
        (Buffer A, Buffer B, Buffer C, Buffer D) operands,
        Buffer s,
        Buffer t)
        where TFunction : struct, IUpdate
        where V : struct, ILanes<V, T>
        where T : unmanaged
    {
        foreach (var part in NestParts.Of(loops))
        {
            Launch(
                new UpdateBody<TFunction, V, T>(
                    function,
                    part.Nest,
                    To(results.A),
                    To(results.B),
                    To(results.C),
                    To(results.D),
                    Operand(1, operands.A),
                    Operand(2, operands.B),
                    Operand(3, operands.C),
                    Operand(4, operands.D),
                    Operand(5, s),
                    Operand(6, t)),
                part.Count);

            View<T> To(Buffer result) => result.Write<T>().From(part.Start(0));

            Operand<T> Operand(int number, Buffer operand) => new(operand.Read<T>(), part.Strides(number));
        }
    }

    private void CopyStrided<T>(Loops loops, Buffer destination, int destinationOffset, Buffer source, int sourceOffset)
        where T : unmanaged
    {
        foreach (var part in NestParts.Of(loops))
        {
            View<T> to = destination.Write<T>(), from = source.Read<T>();
            var body = new CopyStridedBody<T>(part.Nest, part.Strides(0, destinationOffset), part.Strides(1, sourceOffset), to, from);
            var rows = RowsOf(
                body, loops, Unsafe.SizeOf<T>(), (destination, Access.Write, destinationOffset), (source, Access.Read, sourceOffset));
            Launch(body, part.Count, rows: rows);
        }
    }

    private void RandomOf<TDistribution, TUniform, V, T>(
        TDistribution distribution, int rows, int columns, Buffer destination, Buffer keys)
        where TDistribution : struct, IDistribution
        where TUniform : struct, IUniform<V>
        where V : struct, ILanes<V, T>
        where T : unmanaged
    {
        int blocks = (int)((columns + 3L) / 4);
        int count = checked(rows * blocks);
        var body = new RandomBody<TDistribution, TUniform, V, T>(distribution, columns, blocks, destination.Write<T>(), keys.Read<int>());
        Launch(body, count, rows: RowsOf(body, count, rows));
    }
}
