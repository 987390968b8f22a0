using System.Diagnostics;
using ILGPU.Runtime.Cuda;

namespace Engine.Kernels.Gpu;

internal sealed partial class IlgpuDevice
{
    /// <summary>On CUDA, makes one graph of commands by capturing the stream that they go to.</summary>
    internal override Command[] Prepare(Command[] commands)
    {
        if (_queue is not CudaQueue || commands.Length == 0)
            return commands;
        return [new CudaGraph(this, Attempt(static (device, commands) => device.Capture(commands), commands))];
    }

    private nint Capture(Command[] commands)
    {
        // Nothing may be loaded during a capture, and some kernels have not run yet: those of maps that have become one.
        foreach (var command in commands.OfType<GpuCommand>())
            command.Load();
        var queue = (CudaQueue)_queue;
        using var binding = _card.Accelerator.BindScoped();
        nint graph;
        lock (queue.Gate)
        {
            long launches = queue.Launches;
            CudaException.ThrowIfFailed(CudaDriver.BeginCapture(queue.Handle, CudaDriver.CaptureThreadLocal));
            try
            {
                foreach (var command in commands)
                    command.Execute();
            }
            catch
            {
                // The failure of a command says more than that of the capture which it broke.
                if (CudaDriver.EndCapture(queue.Handle, out graph) == CudaError.CUDA_SUCCESS)
                    CudaDriver.DestroyGraph(graph);
                throw;
            }
            finally
            {
                // What was captured was not handed over to be done.
                queue.CountLaunches(launches - queue.Launches);
            }

            CudaException.ThrowIfFailed(CudaDriver.EndCapture(queue.Handle, out graph));
        }

        var error = CudaDriver.Instantiate(out nint executable, graph, 0);
        CudaDriver.DestroyGraph(graph);
        CudaException.ThrowIfFailed(error);
        return executable;
    }

    /// <summary>A program's commands as one that the driver runs without the host.</summary>
    private sealed class CudaGraph(IlgpuDevice device, nint executable) : GpuCommand(device), IDisposable
    {
        private nint _executable = executable;

        public void Dispose()
        {
            if (_executable == 0)
                return;

            // The driver keeps a graph that runs until it is done, and that of a lost device is lost.
            var error = CudaError.CUDA_SUCCESS;
            Device._card.GiveBack(() => error = CudaDriver.DestroyExecutable(_executable));
            Debug.Assert(error != CudaError.CUDA_ERROR_INVALID_VALUE, "no such graph");
            _executable = 0;
        }

        protected override void Launch()
        {
            using var binding = Device._card.Accelerator.BindScoped();
            CudaException.ThrowIfFailed(CudaDriver.Launch(_executable, ((CudaQueue)Device._queue).Handle));
        }
    }
}
