using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ILGPU.Runtime.Cuda;

namespace Engine.Kernels.Gpu;

// How long commands take by the device's own clock.
internal sealed partial class IlgpuDevice
{
    // Few enough for the driver to take them while the device is held back.
    private const int CommandsHeldBack = 128;

    // The longest that it is held back, whatever should keep the host from letting it go.
    private static readonly TimeSpan s_heldBack = TimeSpan.FromSeconds(1);

    /// <summary>
    /// On CUDA the times between marks in the stream, which the device is held back from until some commands lie there: it then goes
    /// from one to the next, and never waits for the host.
    /// </summary>
    internal override double[] Time(IReadOnlyList<Command> commands)
    {
        if (_queue is not CudaQueue queue)
            return base.Time(commands);
        try
        {
            return [.. commands.Chunk(CommandsHeldBack).SelectMany(some => TimeBetweenMarks(queue, some))];
        }
        catch (CudaException e)
        {
            throw Failure(e);
        }
    }

    private double[] TimeBetweenMarks(CudaQueue queue, Command[] commands)
    {
        // Nothing that makes the driver wait may be left for later.
        foreach (var command in commands.OfType<GpuCommand>())
            Attempt(static (_, command) => command.Load(), command);
        queue.Wait();
        using var binding = _card.Accelerator.BindScoped();
        nint[] marks = new nint[commands.Length + 1];
        try
        {
            foreach (ref nint mark in marks.AsSpan())
                CudaException.ThrowIfFailed(CudaAPI.CurrentAPI.CreateEvent(out mark, CudaEventFlags.CU_EVENT_DEFAULT));
            GiveBetween(queue, commands, marks);
            queue.Wait();
            double[] times = new double[commands.Length];
            for (int i = 0; i < times.Length; i++)
            {
                CudaException.ThrowIfFailed(CudaAPI.CurrentAPI.ElapsedTime(out float milliseconds, marks[i], marks[i + 1]));
                times[i] = milliseconds;
            }

            return times;
        }
        finally
        {
            foreach (nint mark in marks.Where(mark => mark != 0))
                CudaAPI.CurrentAPI.DestroyEvent(mark);
        }
    }

    // Other threads' commands, and captures, come before or after all of these.
    private static unsafe void GiveBetween(CudaQueue queue, Command[] commands, nint[] marks)
    {
        // Kept by both sides, since the driver may call late.
        var release = new ManualResetEventSlim();
        nint handle = GCHandle.ToIntPtr(GCHandle.Alloc(release));
        lock (queue.Gate)
        {
            CudaException.ThrowIfFailed(CudaDriver.LaunchHostFunction(queue.Handle, &AwaitRelease, handle));
            try
            {
                CudaException.ThrowIfFailed(CudaAPI.CurrentAPI.RecordEvent(marks[0], queue.Handle));
                for (int i = 0; i < commands.Length; i++)
                {
                    commands[i].Execute();
                    CudaException.ThrowIfFailed(CudaAPI.CurrentAPI.RecordEvent(marks[i + 1], queue.Handle));
                }
            }
            finally
            {
                release.Set();
            }
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void AwaitRelease(nint release)
    {
        var handle = GCHandle.FromIntPtr(release);
        ((ManualResetEventSlim)handle.Target!).Wait(s_heldBack);
        handle.Free();
    }
}
