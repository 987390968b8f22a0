using System.Collections.Concurrent;
using Engine.Kernels;
using Xunit;

namespace Engine.Tests;

/// <summary>The devices that are here, each opened once for all tests: the processor, and in a build for GPUs the emulator at least.</summary>
public static class TestDevices
{
    private static readonly ConcurrentDictionary<string, Lazy<Device>> s_opened = [];

    /// <summary>The names of those that are GPUs, or behave like one, for theories.</summary>
    public static TheoryData<string> Gpus => [.. Device.Names.Where(name => name != "cpu")];

    /// <summary>Those for longer tests of kernels: the emulator, which takes minutes for them, only if there is no other.</summary>
    public static TheoryData<string> ForKernels => [.. KernelDevices];

    /// <summary>The processor and those for longer tests.</summary>
    public static TheoryData<string> ForNetworks => Device.Names.Count() > 1 ? ["cpu", .. KernelDevices] : ["cpu"];

    /// <summary>The names of <see cref="ForKernels"/> as a list.</summary>
    public static IReadOnlyList<string> KernelDevices
        => Device.Names.Where(name => name is not ("cpu" or "emulator")).ToArray() is { Length: > 0 } others ? others : ["emulator"];

    /// <summary>A device that all tests share.</summary>
    public static Device Open(string name) => s_opened.GetOrAdd(name, _ => new(() => Device.Open(name))).Value;
}
