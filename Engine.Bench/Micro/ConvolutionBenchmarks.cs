using BenchmarkDotNet.Attributes;
using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Core.Nn;

namespace Engine.Bench.Micro;

/// <summary>The forms of a 3 x 3 convolution, of 640 images of 6 x 6 x 32 to 32 channels, and the layer that fuses it.</summary>
public class ConvolutionBenchmarks : DeviceBenchmark
{
    private Tensor _images = null!, _weights = null!, _bias = null!, _result = null!;

    /// <summary>Results.</summary>
    [Benchmark]
    public void Forward() => Run(() => _images.Convolve(_weights));

    /// <summary>Cotangents of images and weights. Those of results have the shape of images here.</summary>
    [Benchmark]
    public void Gradients() => Run(() => Gradient.Vjp(_result, (_images, _weights), _images).Item2);

    /// <summary>Convolution, bias, ReLU and max-pool in one pass.</summary>
    [Benchmark]
    public void ConvReluPool() => Run(() => new Conv2d(_weights, _bias).ReluPool(_images));

    /// <inheritdoc/>
    private protected override void MakeInputs()
    {
        (_images, _weights, _bias) = (Normal(640, 6, 6, 32), Normal(3, 3, 32, 32), Normal(32));
        _result = Keep(_images.Convolve(_weights));
    }
}
