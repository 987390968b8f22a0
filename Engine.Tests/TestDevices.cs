using System.Collections.Concurrent;
using Engine.Kernels;
using Xunit;

namespace Engine.Tests;

/// <summary>The devices that are here, each opened once for all tests: the processor, and in a build for GPUs the emulator at least.</summary>
public static class TestDevices
{
    private static readonly ConcurrentDictionary<string, Lazy<Device>> s_opened = [];

    /// <summary>Their names, for theories.</summary>
    public static TheoryData<string> All => [.. Device.Names];

    /// <summary>The names of those that are GPUs, or behave like one.</summary>
    public static TheoryData<string> Gpus => [.. Device.Names.Where(name => name != "cpu")];

    /// <summary>A device that all tests share.</summary>
    public static Device Open(string name) => s_opened.GetOrAdd(name, _ => new(() => Device.Open(name))).Value;
}
