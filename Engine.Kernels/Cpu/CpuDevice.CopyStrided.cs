using Buffer = Engine.Kernels.Memory.Buffer;

namespace Engine.Kernels.Cpu;

internal sealed partial class CpuDevice
{
    /// <inheritdoc/>
    internal override void CopyOf(
        ElementType type, Loops loops, Buffer destination, int destinationOffset, Buffer source, int sourceOffset)
    {
        if (type.Size() == 8)
            CopyStrided(loops, destination.Write<long>(), destinationOffset, source.Read<long>(), sourceOffset);
        else
            CopyStrided(loops, destination.Write<int>(), destinationOffset, source.Read<int>(), sourceOffset);
    }

    private unsafe void CopyStrided<T>(Loops loops, View<T> destination, int destinationOffset, View<T> source, int sourceOffset)
        where T : unmanaged
        => Launch(
            new CopyRows<T>(loops, destination.Pointer + destinationOffset, source.Pointer + sourceOffset), loops.Rows,
            Math.Max(1, ElementGrain / Math.Max(1, loops.Inner)));

    private readonly unsafe struct CopyRows<T>(Loops loops, T* destination, T* source) : IKernel
        where T : unmanaged
    {
        public void Run(int start, int end)
        {
            int inner = loops.Inner, toStride = loops.InnerStride(0), fromStride = loops.InnerStride(1);
            var rows = new RowWalk(loops, start, 0, 2, stackalloc int[loops.Sizes.Length + 2]);
            for (int row = start, run; row < end; row += run)
            {
                run = rows.RunLength(end - row);
                Copy(destination + rows[0], rows.Step(0), source + rows[1], rows.Step(1), run, inner, toStride, fromStride);
                rows.Skip(run);
            }
        }

        private static void Copy(T* to, int toStep, T* from, int fromStep, int run, int inner, int toStride, int fromStride)
        {
            for (; run > 0; run--, to += toStep, from += fromStep)
            {
                if (toStride == 1 && fromStride == 1)
                {
                    new Span<T>(from, inner).CopyTo(new Span<T>(to, inner));
                }
                else
                {
                    for (int i = 0; i < inner; i++)
                        to[i * toStride] = from[i * fromStride];
                }
            }
        }
    }
}
