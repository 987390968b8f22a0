using System.Diagnostics;
using Engine.Bench.Workloads;
using Engine.Core;
using Engine.Kernels;

namespace Engine.Bench.Comparing;

/// <summary>The speeds of a device in Float32 that work can be held against, measured with the same source on every device.</summary>
/// <param name="FlopsPerSecond">Floating-point operations a second: independent multiply-adds in registers.</param>
/// <param name="BytesPerSecond">Bytes a second: 2 x + y of tensors much larger than caches; two are read, one is written.</param>
internal sealed record Peak(double FlopsPerSecond, double BytesPerSecond)
{
    private const int LeastCount = 1 << 11, MostCount = 1 << 25;

    // Long beside what it takes to start a kernel and to wait for it.
    private static readonly TimeSpan s_enough = TimeSpan.FromMilliseconds(10);

    // Calls of the size that is decided on; the best one counts.
    private static readonly TimeSpan s_duration = TimeSpan.FromMilliseconds(200);

    /// <summary>Measures a device.</summary>
    public static Peak Of(Device device, CancellationToken cancel)
    {
        double flops = MultiplyAddChains.Operations * ElementsPerSecond(device, Chains, cancel);
        double bytes = 3 * sizeof(float) * ElementsPerSecond(device, Axpy, cancel);
        return new(flops, bytes);

        void Axpy(Tensor x, Tensor y, Loops loops) => Tensor.LinearCombination(2, x, 1, y).Dispose();

        void Chains(Tensor x, Tensor y, Loops loops)
            => device.Map(ElementType.Float32, default(MultiplyAddChains), loops, y.Buffer, x.Buffer);
    }

    /// <summary>The time that work takes at least at these speeds, in seconds; 0 if nothing is known of the work.</summary>
    public double LeastSeconds(Effort effort) => Math.Max(effort.Operations / FlopsPerSecond, effort.Bytes / BytesPerSecond);

    /// <summary>How many times longer work takes than on another device, at the least, to judge by the speeds alone.</summary>
    public double TimesSlowerThan(Peak other)
        => Math.Min(other.FlopsPerSecond / FlopsPerSecond, other.BytesPerSecond / BytesPerSecond);

    // Tensors grow until a call takes long enough: what is quick here may take minutes on an emulated device.
    private static double ElementsPerSecond(Device device, Action<Tensor, Tensor, Loops> call, CancellationToken cancel)
    {
        for (int count = LeastCount; ; count *= 4)
        {
            using var scope = new TensorScope();
            Tensor x = Tensor.Full(0.25, [count], device: device), y = Tensor.Full(0.5, [count], device: device);
            var loops = Loops.Of([count], [1], [1]);

            // The first call compiles the kernel.
            Time();
            var best = Time();
            if (best < s_enough && count < MostCount)
                continue;
            var enough = new Deadline(s_duration);
            for (int i = 0; i < 3 || !enough.IsPast; i++)
                best = TimeSpan.FromTicks(Math.Min(best.Ticks, Time().Ticks));
            return count / best.TotalSeconds;

            TimeSpan Time()
            {
                cancel.ThrowIfCancellationRequested();
                long start = Stopwatch.GetTimestamp();
                call(x, y, loops);
                device.Synchronize();
                return Stopwatch.GetElapsedTime(start);
            }
        }
    }
}
