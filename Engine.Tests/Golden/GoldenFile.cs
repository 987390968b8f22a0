using System.Text.Json;
using Engine.Core;
using Engine.Kernels;
using Xunit;

namespace Engine.Tests.Golden;

/// <summary>
/// Reference values of an independent implementation in Float64. They are read from the folder that the environment variable
/// ENGINE_GOLDEN names, or from the tests' own; a file that is not there is a failure.
/// </summary>
public sealed class GoldenFile
{
    private readonly JsonElement _root;

    private GoldenFile(JsonElement root, Device device) => (_root, Device) = (root, device);

    /// <summary>Where inputs are made.</summary>
    public Device Device { get; }

    public static GoldenFile Open(string name, string device)
    {
        string folder = Environment.GetEnvironmentVariable("ENGINE_GOLDEN") ?? Path.Combine(AppContext.BaseDirectory, "Golden");
        string path = Path.Combine(folder, name + ".json");
        Assert.True(File.Exists(path), $"no golden file {path}");
        using var document = JsonDocument.Parse(File.ReadAllText(path));
        return new GoldenFile(document.RootElement.Clone(), TestDevices.Open(device));
    }

    public double Setting(string name) => _root.GetProperty("settings").GetProperty(name).GetDouble();

    public Tensor Input(string name) => Read(_root.GetProperty("inputs").GetProperty(name));

    public Tensor[] Inputs(string name) => [.. _root.GetProperty("inputs").GetProperty(name).EnumerateArray().Select(Read)];

    public bool HasOutput(string name) => _root.GetProperty("outputs").TryGetProperty(name, out _);

    public void Agrees(string output, Tensor actual) => Agrees(output, Read(_root.GetProperty("outputs").GetProperty(output)), actual);

    public void AgreeAll(string output, IReadOnlyList<Tensor> actual)
    {
        Tensor[] expected = [.. _root.GetProperty("outputs").GetProperty(output).EnumerateArray().Select(Read)];
        Assert.Equal(expected.Length, actual.Count);
        for (int i = 0; i < expected.Length; i++)
            Agrees($"{output}[{i}]", expected[i], actual[i]);
    }

    private static void Agrees(string name, Tensor expected, Tensor actual)
    {
        double[] a = actual.ToDoubles(), e = expected.ToDoubles();
        Assert.Equal(e.Length, a.Length);
        double difference = Math.Sqrt(a.Zip(e).Sum(pair => (pair.First - pair.Second) * (pair.First - pair.Second)));
        double norm = Math.Sqrt(e.Sum(value => value * value));
        Assert.True(difference <= 1e-9 * Math.Max(norm, 1e-300), $"{name} differs by {difference / norm:G3}, relative");
    }

    private Tensor Read(JsonElement array)
    {
        int[] shape = [.. array.GetProperty("shape").EnumerateArray().Select(size => size.GetInt32())];
        double[] data = [.. array.GetProperty("data").EnumerateArray().Select(value => value.GetDouble())];
        return Tensor.From(data, shape, Device);
    }
}
