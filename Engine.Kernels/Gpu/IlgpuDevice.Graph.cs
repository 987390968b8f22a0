using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;

namespace Engine.Kernels.Gpu;

internal sealed partial class IlgpuDevice
{
    /// <summary>On CUDA, makes one graph of commands by capturing the stream that they go to.</summary>
    internal override Command[] Prepare(Command[] commands)
    {
        if (_accelerator is not CudaAccelerator || commands.Length == 0)
            return commands;
        try
        {
            lock (_gate)
            {
                long launches = _launches;
                nint executable = Capture(commands);

                // What was captured was not handed over to be done.
                _launches = launches;
                return [new CudaGraph(this, executable)];
            }
        }
        catch (AcceleratorException e)
        {
            throw new DeviceException(Name, e);
        }
    }

    private nint Capture(Command[] commands)
    {
        using var binding = _accelerator.BindScoped();
        nint stream = ((CudaStream)_stream).StreamPtr, graph = 0;
        CudaException.ThrowIfFailed(CudaDriver.BeginCapture(stream, CudaDriver.CaptureThreadLocal));
        try
        {
            foreach (var command in commands)
                command.Execute();
        }
        catch
        {
            // The failure of a command says more than that of the capture which it broke.
            if (CudaDriver.EndCapture(stream, out graph) == CudaError.CUDA_SUCCESS)
                CudaDriver.DestroyGraph(graph);
            throw;
        }

        CudaException.ThrowIfFailed(CudaDriver.EndCapture(stream, out graph));
        var error = CudaDriver.Instantiate(out nint executable, graph, 0);
        CudaDriver.DestroyGraph(graph);
        CudaException.ThrowIfFailed(error);
        return executable;
    }

    /// <summary>A program's commands as one that the driver runs without the host.</summary>
    private sealed class CudaGraph(IlgpuDevice device, nint executable) : Command, IDisposable
    {
        private nint _executable = executable;

        public override void Execute()
        {
            try
            {
                lock (device._gate)
                {
                    using var binding = device._accelerator.BindScoped();
                    Interlocked.Increment(ref device._launches);
                    CudaException.ThrowIfFailed(CudaDriver.Launch(_executable, ((CudaStream)device._stream).StreamPtr));
                }
            }
            catch (AcceleratorException e)
            {
                throw new DeviceException(device.Name, e);
            }
        }

        public void Dispose()
        {
            // The driver keeps a graph that runs until it is done. Whether it can destroy one that is lost does not matter.
            if (_executable != 0 && !device._accelerator.IsDisposed)
                CudaDriver.DestroyExecutable(_executable);
            _executable = 0;
        }
    }
}
