using System.Numerics;
using Engine.Kernels.Bodies;
using Buffer = Engine.Kernels.Memory.Buffer;

namespace Engine.Kernels.Gpu;

internal sealed partial class IlgpuDevice
{
    /// <inheritdoc/>
    public override void Convolve(
        ElementType type, ConvolutionForm form, ConvolutionShape shape, Buffer destination, Buffer a, Buffer b, Buffer? positions = null)
    {
        switch (type)
        {
            case ElementType.Float32 when positions is not null: ConvolvePooled<float>(form, shape, destination, a, b, positions); break;
            case ElementType.Float32: Convolve<float>(form, shape, destination, a, b); break;
            case ElementType.Float64 when positions is not null: ConvolvePooled<double>(form, shape, destination, a, b, positions); break;
            case ElementType.Float64: Convolve<double>(form, shape, destination, a, b); break;
            default: throw new ArgumentException($"Convolve: {type} is not supported, cast to Float32 or Float64.");
        }
    }

    /// <inheritdoc/>
    public override void ConvolveReluPool(
        ElementType type, ConvolutionShape shape, Buffer destination, Buffer positions, Buffer images, Buffer weights, Buffer bias)
    {
        switch (type)
        {
            case ElementType.Float32: ConvolveReluPool<float>(shape, destination, positions, images, weights, bias); break;
            case ElementType.Float64: ConvolveReluPool<double>(shape, destination, positions, images, weights, bias); break;
            default: throw new ArgumentException($"ConvolveReluPool: {type} is not supported, cast to Float32 or Float64.");
        }
    }

    private static int ImageResults(ConvolutionShape shape) => shape.OutputHeight * shape.OutputWidth * shape.OutputChannels;

    private static int PooledResults(ConvolutionShape shape)
        => shape.Batch * (shape.OutputHeight / 2) * (shape.OutputWidth / 2) * shape.OutputChannels;

    private void Convolve<T>(ConvolutionForm form, ConvolutionShape shape, Buffer destination, Buffer a, Buffer b)
        where T : unmanaged, INumber<T>
    {
        var sizes = new ConvolutionSizes(shape);
        View<T> to = destination.Write<T>(), x = a.Read<T>(), y = b.Read<T>();
        switch (form)
        {
            case ConvolutionForm.Forward:
                Launch(new ConvolutionBody<T>(sizes, to, x, y), checked(shape.Batch * ImageResults(shape)));
                break;
            case ConvolutionForm.InputGradient:
                Launch(
                    new ConvolutionInputGradientBody<T>(sizes, to, x, y),
                    checked(shape.Batch * shape.Height * shape.Width * shape.InputChannels));
                break;
            default:
                Launch(new ConvolutionWeightGradientBody<T>(sizes, to, x, y), shape.Taps * shape.OutputChannels);
                break;
        }
    }

    // Through the whole results, of which all but those at the positions are zero, or not wanted.
    private void ConvolvePooled<T>(ConvolutionForm form, ConvolutionShape shape, Buffer destination, Buffer a, Buffer b, Buffer positions)
        where T : unmanaged, INumber<T>
    {
        int image = ImageResults(shape), pooled = PooledResults(shape), each = shape.Batch == 0 ? 0 : pooled / shape.Batch;
        var whole = AllocateOf<T>((long)shape.Batch * image);
        if (form == ConvolutionForm.Forward)
        {
            Convolve<T>(form, shape, whole, a, b);
            Launch(new PoolGatherBody<T>(destination.Write<T>(), whole.Read<T>(), positions.Read<int>(), image, each, 1), pooled);
        }
        else
        {
            var cotangents = form == ConvolutionForm.InputGradient ? a : b;
            Fill(whole.Write<T>(), T.Zero);
            Launch(new PoolScatterBody<T>(whole.Update<T>(), cotangents.Read<T>(), positions.Read<int>(), image, each, 1), pooled);
            if (form == ConvolutionForm.InputGradient)
                Convolve<T>(form, shape, destination, whole, b);
            else
                Convolve<T>(form, shape, destination, a, whole);
        }

        Return(whole);
    }

    private void ConvolveReluPool<T>(
        ConvolutionShape shape, Buffer destination, Buffer positions, Buffer images, Buffer weights, Buffer bias)
        where T : unmanaged, INumber<T>
    {
        var whole = AllocateOf<T>((long)shape.Batch * ImageResults(shape));
        Convolve<T>(ConvolutionForm.Forward, shape, whole, images, weights);
        Launch(
            new ReluPoolBody<T>(
                destination.Write<T>(), positions.Write<int>(), whole.Read<T>(), bias.Read<T>(), shape.OutputHeight, shape.OutputWidth,
                shape.OutputChannels),
            PooledResults(shape));
        Return(whole);
    }

    // Memory for what lies between two commands of a verb. While recording, the recording returns it.
    private unsafe Buffer AllocateOf<T>(long count)
        where T : unmanaged
        => Allocate(count * sizeof(T));

    private void Return(Buffer buffer)
    {
        if (!Recording.IsActive)
            Free(buffer);
    }
}
