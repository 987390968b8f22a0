using System.Collections.Concurrent;
using Engine.Kernels;
using Xunit;

namespace Engine.Tests;

/// <summary>
/// The devices to test, each opened once for all tests: those that the environment variable ENGINE_DEVICES names, with commas between
/// them, or else all that are here. The emulator takes minutes for what others do in seconds, so that it gets small work only.
/// </summary>
public static class TestDevices
{
    private static readonly ConcurrentDictionary<string, Lazy<Device>> s_opened = [];

    /// <summary>The names of the devices to test.</summary>
    public static IReadOnlyList<string> Names { get; } =
        Environment.GetEnvironmentVariable("ENGINE_DEVICES") is { Length: > 0 } names ? names.Split(',') : [.. Device.Names];

    /// <summary>The names of those that are GPUs, or behave like one, for theories.</summary>
    public static TheoryData<string> Gpus => [.. Names.Where(name => name != "cpu")];

    /// <summary>Those for longer tests of kernels: the emulator only if there is no other.</summary>
    public static TheoryData<string> ForKernels => [.. KernelDevices];

    /// <summary>The processor and those for longer tests of kernels.</summary>
    public static TheoryData<string> ForNetworks => ["cpu", .. KernelDevices];

    /// <summary>Those for whole updates of an experiment.</summary>
    public static TheoryData<string> ForUpdates => ["cpu", .. KernelDevices.Where(name => name != "emulator")];

    /// <summary>The names of <see cref="ForKernels"/> as a list.</summary>
    public static IReadOnlyList<string> KernelDevices
        => Names.Where(name => name is not ("cpu" or "emulator")).ToArray() is { Length: > 0 } others
            ? others : [.. Names.Where(name => name == "emulator")];

    /// <summary>A device that all tests share.</summary>
    public static Device Open(string name) => s_opened.GetOrAdd(name, _ => new(() => Device.Open(name))).Value;
}
