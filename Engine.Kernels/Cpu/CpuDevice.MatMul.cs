using System.Numerics;
using Buffer = Engine.Kernels.Memory.Buffer;

namespace Engine.Kernels.Cpu;

public sealed partial class CpuDevice
{
    /// <inheritdoc/>
    public override void MatMul(ElementType type, MatMulShape shape, Buffer destination, Buffer a, Buffer b, Buffer? bias)
    {
        if (type == ElementType.Float32)
            Launch(new Naive<float>(shape, destination.Write<float>(), a.Read<float>(), b.Read<float>(), bias?.Read<float>() ?? default), shape.Batch, 64);
        else
            Launch(new Naive<double>(shape, destination.Write<double>(), a.Read<double>(), b.Read<double>(), bias?.Read<double>() ?? default), shape.Batch, 64);
    }

    private readonly struct Naive<T>(MatMulShape s, View<T> y, View<T> a, View<T> b, View<T> bias) : IKernel where T : unmanaged, INumber<T>
    {
        public void Run(int start, int end)
        {
            for (int n = start; n < end; n++)
                for (int i = 0; i < s.Rows; i++)
                    for (int j = 0; j < s.Columns; j++)
                    {
                        T sum = bias.Length > 0 ? bias[(n * s.BatchStrideBias) + j] : T.Zero;
                        for (int k = 0; k < s.Inner; k++)
                            sum += a[(n * s.BatchStrideA) + (s.TransposeA ? (k * s.Rows) + i : (i * s.Inner) + k)]
                                * b[(n * s.BatchStrideB) + (s.TransposeB ? (j * s.Inner) + k : (k * s.Columns) + j)];
                        y[(((n * s.Rows) + i) * s.Columns) + j] = sum;
                    }
        }
    }
}
