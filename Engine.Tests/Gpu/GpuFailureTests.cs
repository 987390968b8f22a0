using System.Diagnostics;
using Engine.Bench;
using Engine.Core;
using Engine.Kernels;
using Engine.Kernels.Gpu;
using Xunit;

namespace Engine.Tests.Gpu;

/// <summary>Too little memory, lost devices, and drivers that don't work.</summary>
[Collection(nameof(GpuCollection))]
public class GpuFailureTests
{
    // What the driver does when memory is asked for: an allocation, a module, page-locked memory, a graph; a launch may load its module.
    [Theory]
    [InlineData("cuMemAlloc_v2")]
    [InlineData("cuMemAllocHost_v2")]
    [InlineData("cuModuleLoadDataEx")]
    [InlineData("cuLaunchKernel")]
    [InlineData("cuGraphInstantiateWithFlags")]
    [InlineData("cuGraphLaunch")]
    public void TooLittleMemoryIsTriedOnceMoreWithoutWhatThePoolKeeps(string function)
    {
        SoftCuda.Require();
        using var device = Device.Open("cuda:0");
        var kept = device.Allocate(1 << 20);
        device.Free(kept);
        SoftCuda.Fail(function, SoftCuda.OutOfMemory);
        Assert.Equal([4, 6, 6], Run(device));
        Assert.Equal(0, device.Pool.LiveBlocks);
    }

    [Theory]
    [InlineData("cuMemAlloc_v2")]
    [InlineData("cuMemAllocHost_v2")]
    [InlineData("cuModuleLoadDataEx")]
    [InlineData("cuLaunchKernel")]
    [InlineData("cuGraphInstantiateWithFlags")]
    [InlineData("cuGraphLaunch")]
    public void TooLittleMemoryIsAnErrorAndTheDeviceGoesOn(string function)
    {
        SoftCuda.Require();
        using var device = Device.Open("cuda:0");
        try
        {
            SoftCuda.Fail(function, SoftCuda.OutOfMemory, int.MaxValue);
            var failure = Assert.Throws<OutOfMemoryException>(() => Run(device));
            Assert.Contains("smaller batches", failure.Message);
        }
        finally
        {
            SoftCuda.Fail(function, 0, 0);
        }

        Assert.Equal(0, device.Pool.LiveBlocks);
        Assert.Equal([4, 6, 6], Run(device));
    }

    [Fact]
    public void MemoryThatAnotherForkKeepsIsHadWhereItIsMissing()
    {
        SoftCuda.Require();
        using var device = Device.Open("cuda:0");
        using var fork = device.Fork();
        long most = device.MemoryBytes / 10 * 6;
        device.Free(device.Allocate(most));
        fork.Free(fork.Allocate(most));
    }

    [Fact]
    public void WhatIsTakenIsNoLongerFree()
    {
        SoftCuda.Require();
        using var device = Device.Open("cuda:0");
        long free = device.FreeBytes;
        Assert.InRange(free, 1, device.MemoryBytes);
        device.Free(device.Allocate(free / 2));
        Assert.InRange(device.FreeBytes, 1, free - (free / 2));
    }

    [Fact]
    public void ALostDeviceIsDisposedAsFarAsItGoes()
    {
        SoftCuda.Require();
        string[] kinds = ["contexts", "streams", "events", "graphs"];
        int[] before = [.. kinds.Select(SoftCuda.Count)];
        var device = Device.Open("cuda:0");
        Assert.Equal([4, 6, 6], Run(device));
        var buffer = device.Allocate(100);
        SoftCuda.Fail("cuLaunchKernel", SoftCuda.LaunchFailed);
        Assert.Throws<DeviceException>(() => device.Fill(ElementType.Float32, buffer, 1));
        Assert.Throws<DeviceException>(() => device.Allocate(1 << 20));
        Assert.Throws<DeviceException>(device.Synchronize);
        Assert.Throws<DeviceException>(() => device.Download<float>(buffer, new float[1]));
        Assert.Equal(1, device.Pool.LiveBlocks);
        device.Dispose();
        device.Free(buffer);
        Assert.Equal(0, device.Pool.LiveBlocks);
        Assert.Equal(before, kinds.Select(SoftCuda.Count));

        // Another one takes its place.
        using var next = Device.Open("cuda:0");
        Assert.Equal([4, 6, 6], Run(next));
    }

    [Theory]
    [InlineData(false, 0, "", 0, 0, 0, "No CUDA driver", "install")]
    [InlineData(true, 100, "CUDA_ERROR_NO_DEVICE", 0, 0, 0, "CUDA_ERROR_NO_DEVICE (100)", "nvidia-smi")]
    [InlineData(true, 803, "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH", 0, 0, 0, "MISMATCH (803)", "restart")]
    [InlineData(true, 999, "CUDA_ERROR_UNKNOWN", 0, 0, 0, "CUDA_ERROR_UNKNOWN (999)", "nvidia-smi")]
    [InlineData(true, 34, "CUDA_ERROR_STUB_LIBRARY", 0, 0, 0, "(34)", "LD_LIBRARY_PATH")]
    [InlineData(true, 0, "", 11020, 1, 1, "CUDA 11.2", "driver 470")]
    [InlineData(true, 0, "", 12040, 0, 0, "no device", "CUDA_VISIBLE_DEVICES")]
    [InlineData(true, 0, "", 12040, 2, 1, "2 devices, but ILGPU", "lists 1")]
    public void WhatKeepsCudaFromWorkingIsToldFromOtherThings(
        bool hasLibrary, int start, string name, int version, int devices, int listed, params string[] said)
    {
        string? problem = new CudaFacts(hasLibrary, start, name, version, devices, listed).Problem;
        Assert.All(said, words => Assert.Contains(words, problem));
    }

    // In a process of its own: a driver starts once.
    [Theory]
    [InlineData("SOFTCUDA_FAIL", "cuInit=803", "The CUDA driver does not start: CUDA_ERROR_SYSTEM_DRIVER_MISMATCH (803).")]
    [InlineData("SOFTCUDA_DEVICES", "0", "The CUDA driver does not start: CUDA_ERROR_NO_DEVICE (100).")]
    [InlineData("SOFTCUDA_VERSION", "11020", "Device 'cuda:0' can't be used. The CUDA driver is too old: it supports CUDA 11.2,")]
    [InlineData("SOFTCUDA_CAPABILITY", "7", "is too old: it has compute capability 7.0,")]
    public void TheListOfDevicesSaysWhyOneIsMissing(string variable, string value, string reason)
    {
        SoftCuda.Require();
        var start = new ProcessStartInfo("dotnet", ["exec", typeof(Program).Assembly.Location, "devices"])
        {
            RedirectStandardOutput = true,
            Environment = { [variable] = value },
        };
        using var process = Process.Start(start)!;
        Assert.Contains(reason, process.StandardOutput.ReadToEnd());
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }

    [Fact]
    public void ADriverThatWorksIsNoProblem()
    {
        Assert.Null(new CudaFacts(true, 0, "", 12040, 1, 1).Problem);
        if (TestDevices.Names.Contains("cuda:0"))
            Assert.Null(Device.CudaProblem);
        else if (!Device.Names.Contains("cuda:0"))
            Assert.Contains(Device.CudaProblem!, Assert.Throws<ArgumentException>(() => Device.Open("cuda:0")).Message);
    }

    private static double[] Run(Device device)
    {
        using var scope = new TensorScope();
        using var program = new TensorProgram<Tensor[], Tensor[]>(x => [x[0] + 1, x[0] * 2], device);
        double[] last = [];
        for (int run = 0; run < 3; run++)
        {
            var results = program.Run([Tensor.From([3.0], [1], device)]);
            last = [results[0].Item(), results[1].Item(), (results[0] + 2).Item()];
        }

        return last;
    }
}
