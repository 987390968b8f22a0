using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ILGPU.Runtime.Cuda;

namespace Engine.Kernels.Gpu;

// How long commands take by the device's own clock.
internal sealed partial class IlgpuDevice
{
    // Few enough for the driver to take them while the device is held back.
    private const int CommandsHeldBack = 128;

    /// <summary>
    /// On CUDA the times between marks in the stream, which the device is held back from until some commands lie there: it then goes
    /// from one to the next, and never waits for the host. Elsewhere the host waits after each.
    /// </summary>
    internal override double[] Time(IReadOnlyList<Command> commands)
    {
        if (_queue is not CudaQueue queue)
            return TimeEach(commands);
        try
        {
            return [.. commands.Chunk(CommandsHeldBack).SelectMany(some => TimeBetweenMarks(queue, some))];
        }
        catch (CudaException e)
        {
            throw Failure(e);
        }
    }

    private double[] TimeEach(IReadOnlyList<Command> commands)
    {
        _queue.Wait();
        double[] times = new double[commands.Count];
        for (int i = 0; i < times.Length; i++)
        {
            long start = Stopwatch.GetTimestamp();
            commands[i].Execute();
            _queue.Wait();
            times[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }

        return times;
    }

    private unsafe double[] TimeBetweenMarks(CudaQueue queue, Command[] commands)
    {
        foreach (var command in commands.OfType<GpuCommand>())
            command.Load();
        _queue.Wait();
        using var binding = _card.Accelerator.BindScoped();
        nint[] marks = new nint[commands.Length + 1];
        int isReleased = 0;
        try
        {
            foreach (ref nint mark in marks.AsSpan())
                CudaException.ThrowIfFailed(CudaAPI.CurrentAPI.CreateEvent(out mark, CudaEventFlags.CU_EVENT_DEFAULT));
            CudaException.ThrowIfFailed(CudaDriver.LaunchHostFunction(queue.Handle, &AwaitRelease, (nint)(&isReleased)));
            CudaException.ThrowIfFailed(CudaAPI.CurrentAPI.RecordEvent(marks[0], queue.Handle));
            for (int i = 0; i < commands.Length; i++)
            {
                commands[i].Execute();
                CudaException.ThrowIfFailed(CudaAPI.CurrentAPI.RecordEvent(marks[i + 1], queue.Handle));
            }

            Volatile.Write(ref isReleased, 1);
            _queue.Wait();
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
            // What waits for the release reads it in this method's frame.
            Volatile.Write(ref isReleased, 1);
            CudaAPI.CurrentAPI.SynchronizeStream(queue.Handle);
            foreach (nint mark in marks)
            {
                if (mark != 0)
                    CudaAPI.CurrentAPI.DestroyEvent(mark);
            }
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static unsafe void AwaitRelease(nint isReleased)
    {
        var spin = new SpinWait();
        while (Volatile.Read(ref *(int*)isReleased) == 0)
            spin.SpinOnce();
    }
}
