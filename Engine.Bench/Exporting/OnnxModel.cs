using System.Globalization;
using Engine.Bench.Output;
using Engine.Core.Files;

namespace Engine.Bench.Exporting;

/// <summary>A network as an ONNX model. Numbers of fields are those of onnx.proto3.</summary>
internal static class OnnxModel
{
    private const long Float = 1, Integer64 = 7, FormatVersion = 8, OperatorSet = 17;

    /// <summary>The model's bytes: from observations, [batch, ...], to logits, [batch, actions], and values, [batch].</summary>
    /// <param name="network">The network.</param>
    /// <param name="about">What is said of it, by name.</param>
    public static byte[] Write(PortableNetwork network, IEnumerable<(string Name, string Text)> about)
    {
        var graph = new ProtoMessage().With(2, "agent");
        string features = "observation";
        if (network.IsImage)
        {
            Add(graph, "Transpose", ["observation"], "planes_first", Attribute("perm", 0, 3, 1, 2));
            features = "planes_first";
        }

        features = AddSteps(graph, "trunk", network.Trunk, features);
        AddTensor(graph, "last", Integer64, [1], BitConverter.GetBytes(1L));
        foreach (var (name, steps) in network.Heads)
        {
            string said = AddSteps(graph, name, steps, features);
            if (name == "policy")
                Add(graph, "Identity", [said], "logits");
            else
                Add(graph, "Squeeze", [said, "last"], name);
        }

        graph.With(11, Value("observation", [.. network.Observation]));
        graph.With(12, Value("logits", network.Actions));
        foreach (var (name, _) in network.Heads.Skip(1))
            graph.With(12, Value(name));
        var model = new ProtoMessage()
            .With(1, FormatVersion)
            .With(2, "engine")
            .With(3, Program.Version)
            .With(7, graph)
            .With(8, new ProtoMessage().With(1, "").With(2, OperatorSet));
        foreach (var (name, text) in about)
            model.With(14, new ProtoMessage().With(1, name).With(2, text));
        return model.ToBytes();
    }

    // What the last step is called.
    private static string AddSteps(ProtoMessage graph, string part, IReadOnlyList<PortableStep> steps, string input)
    {
        for (int i = 0; i < steps.Count; i++)
        {
            var step = steps[i];
            string name = string.Create(CultureInfo.InvariantCulture, $"{part}.{i}");
            List<string> inputs = [input];
            if (step is { Weight: { } weight, Bias: { } bias })
            {
                AddTensor(graph, $"{name}.weight", weight);
                AddTensor(graph, $"{name}.bias", bias);
                inputs.AddRange([$"{name}.weight", $"{name}.bias"]);
            }

            Add(graph, step.Kind, inputs, name, step.Kind switch
            {
                "Conv" => [Attribute("kernel_shape", 3, 3), Attribute("pads", 1, 1, 1, 1)],
                "MaxPool" => [Attribute("kernel_shape", 2, 2), Attribute("strides", 2, 2)],
                "Gemm" => [Attribute("transB", 1)],
                _ => [],
            });
            input = name;
        }

        return input;
    }

    private static void Add(
        ProtoMessage graph, string kind, IEnumerable<string> inputs, string output, params IReadOnlyList<ProtoMessage> attributes)
    {
        var node = new ProtoMessage();
        foreach (string input in inputs)
            node.With(1, input);
        node.With(2, output).With(3, output).With(4, kind);
        foreach (var attribute in attributes)
            node.With(5, attribute);
        graph.With(1, node);
    }

    // One number is one, several are a list.
    private static ProtoMessage Attribute(string name, params long[] values)
    {
        const long One = 2, Several = 7;
        var attribute = new ProtoMessage().With(1, name);
        if (values is [var value])
            return attribute.With(3, value).With(20, One);
        foreach (long each in values)
            attribute.With(8, each);
        return attribute.With(20, Several);
    }

    private static void AddTensor(ProtoMessage graph, string name, StoredTensor tensor)
        => AddTensor(graph, name, Float, tensor.Shape, tensor.Data);

    private static void AddTensor(ProtoMessage graph, string name, long type, int[] shape, byte[] data)
    {
        var tensor = new ProtoMessage();
        foreach (int size in shape)
            tensor.With(1, (long)size);
        graph.With(5, tensor.With(2, type).With(8, name).With(9, data));
    }

    // Of a batch.
    private static ProtoMessage Value(string name, params int[] shape)
    {
        var sizes = new ProtoMessage().With(1, new ProtoMessage().With(2, "batch"));
        foreach (int size in shape)
            sizes.With(1, new ProtoMessage().With(1, (long)size));
        return new ProtoMessage().With(1, name).With(2, new ProtoMessage().With(1, new ProtoMessage().With(1, Float).With(2, sizes)));
    }
}
